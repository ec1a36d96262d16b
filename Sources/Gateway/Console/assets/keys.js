// API keys: for programs, with scopes, each with a secret that is shown once.
import { h, fill, table, badge, time, button, confirm, dialog, announce, copyable } from './dom.js';
import { get, post, call } from './api.js';
import { form, formDialog, alertOf } from './forms.js';

const SCOPES = ['users:read', 'users:write', 'accounts:read', 'accounts:write', 'payments:read', 'payments:write'];

/** Shows a secret, this once. */
export function showSecret(title, text, secret) {
  return dialog(title, (close) => [
    h('p', null, text), h('div.gap', null, copyable(secret, 'The secret')),
    h('div.actions', null, h('button.primary', { type: 'button', onclick: () => close() }, 'I have saved it')),
  ]);
}

export async function list(_, { again }) {
  const keys = (await get('/api-keys?limit=100')).data;
  const trouble = h('div');
  const attempt = (run) => async () => {
    try { await run(); } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  };
  const create = form({
    name: 'Make a key', submit: 'Make the key',
    fields: [
      { name: 'name', label: 'Name', maxlength: 100, hint: 'What the key is for.' },
      h('fieldset', null, h('legend', null, 'What it may do'), h('div.choices', { id: 'scopes' }, SCOPES.map((scope) => h('label.check', null, h('input', { type: 'checkbox', value: scope, checked: scope.endsWith(':read') }), h('span.mono', null, scope))))),
      { name: 'expires_at', label: 'Ends on', type: 'date', optional: true, hint: 'At the end of that day, UTC.' },
    ],
    run: async ({ name, expires_at: ends }) => {
      const scopes = [...create.querySelectorAll('#scopes input:checked')].map((input) => input.value);
      const key = await post('/api-keys', { name, scopes, expires_at: ends ? `${ends}T23:59:59Z` : undefined });
      await showSecret('Your new API key', 'Programs send it as X-API-Key. It is shown this once.', key.secret);
      await again();
    },
  });
  const rotate = (key) => button('Rotate', attempt(async () => {
    const made = await formDialog(`Rotate “${key.name}”`, 'Makes another secret. The one before stays good for a while, so that programs can change over.', {
      name: 'Rotate the key', submit: 'Rotate',
      fields: [{ name: 'hours', label: 'Overlap', type: 'select', value: '24', options: [['24', 'One day'], ['1', 'One hour'], ['0', 'None']] }],
      run: ({ hours }) => post(`/api-keys/${key.id}/rotate`, { overlap_seconds: Number(hours) * 3600 }),
    });
    if (!made) return;
    await showSecret('The new secret', 'It is shown this once.', made.secret);
    await again();
  }), 'small');
  const remove = (key) => button('End', attempt(async () => {
    if (!await confirm(`End “${key.name}”?`, 'Programs that use it are refused from now on.', 'End the key')) return;
    await call('DELETE', `/api-keys/${key.id}`);
    announce('The key has ended.');
    await again();
  }), 'small danger');
  return {
    title: 'API keys',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'API keys'), h('p.lead', null, 'For programs that act for you. A key can neither make keys nor end sessions.'))),
      trouble,
      h('section.card', { 'aria-labelledby': 'keys' }, h('h2', { id: 'keys' }, 'Your keys'), keys.length ? table('Your keys', [
        { title: 'Key', cell: (key) => [key.name, h('span.sub.mono', null, `${key.prefix}…`)] },
        { title: 'May', wide: true, cell: (key) => h('span.small.mono', null, key.scopes.join(' ')) },
        { title: 'Last used', cell: (key) => (key.last_used_at ? time(key.last_used_at) : 'never') },
        { title: 'Ends', wide: true, cell: (key) => (key.expires_at ? (Date.parse(key.expires_at) < Date.now() ? badge('expired') : time(key.expires_at)) : 'never') },
        { title: h('span.out', null, 'Actions'), cell: (key) => h('div.actions', { role: 'group', 'aria-label': key.name }, rotate(key), remove(key)) },
      ], keys) : h('p.empty', null, 'No keys yet.')),
      h('section.card.narrow', { 'aria-labelledby': 'make' }, h('h2', { id: 'make' }, 'Make a key'), create)),
  };
}
