// Webhooks: endpoints of one's own that are told of events, and the log of what was sent.
import { h, fill, table, badge, time, facts, button, confirm, announce } from './dom.js';
import { get, post, call, pages } from './api.js';
import { form, formDialog, choices, alertOf } from './forms.js';
import { more } from './payments.js';
import { showSecret } from './keys.js';

const TYPES = ['payment.requires_capture', 'payment.succeeded', 'payment.canceled', 'payment.expired', 'refund.succeeded', 'deposit.succeeded', 'deposit.failed', 'withdrawal.succeeded', 'withdrawal.failed'];
const state = (endpoint) => (endpoint.enabled ? (endpoint.failing_since ? badge('failing', 'warn') : badge('enabled')) : [badge('disabled'), endpoint.disabled_reason ? h('span.sub', null, endpoint.disabled_reason) : null]);

export async function list(_, { again }) {
  const endpoints = (await get('/webhook-endpoints?limit=100')).data;
  const create = form({
    name: 'Add an endpoint', submit: 'Add the endpoint',
    fields: [
      { name: 'url', label: 'URL', type: 'url', maxlength: 2048, plain: true },
      { name: 'description', label: 'Description', optional: true, maxlength: 500 },
      h('fieldset', null, h('legend', null, 'Events (all when none is chosen)'), h('div.choices', { id: 'types' }, TYPES.map((type) => h('label.check', null, h('input', { type: 'checkbox', value: type }), h('span.mono', null, type))))),
    ],
    run: async ({ url, description }) => {
      const types = [...create.querySelectorAll('#types input:checked')].map((input) => input.value);
      const made = await post('/webhook-endpoints', { url, description, types: types.length ? types : null });
      await showSecret('The endpoint’s secret', 'Deliveries are signed with it. It is shown this once.', made.secret);
      await again();
    },
  });
  return {
    title: 'Webhooks',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'Webhooks'), h('p.lead', null, 'URLs of yours that are told of events as they happen.'))),
      h('section.card', { 'aria-labelledby': 'endpoints' }, h('h2', { id: 'endpoints' }, 'Endpoints'), endpoints.length ? table('Endpoints', [
        { title: 'URL', cell: (one) => [h('a', { href: `#/webhooks/${one.id}` }, one.url), one.description ? h('span.sub', null, one.description) : null] },
        { title: 'State', cell: state },
        { title: 'Events', wide: true, cell: (one) => (one.types ? h('span.small.mono', null, one.types.join(' ')) : 'all') },
      ], endpoints) : h('p.empty', null, 'No endpoints yet.')),
      h('section.card.narrow', { 'aria-labelledby': 'add' }, h('h2', { id: 'add' }, 'Add an endpoint'), create)),
  };
}

const STATUSES = [['', 'All'], ['pending', 'Pending'], ['delivered', 'Delivered'], ['dead', 'Dead']];

export async function one([id], { again }) {
  const { data: endpoint, response } = await call('GET', `/webhook-endpoints/${id}`);
  const tag = response.headers.get('ETag');
  const path = `/webhook-endpoints/${id}`;
  const trouble = h('div');
  const attempt = (run) => async () => {
    try { await run(); } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  };
  const edit = (body) => call('PATCH', path, { body, headers: tag ? { 'If-Match': tag } : {} });
  const log = deliveries(path, attempt);
  const actions = [
    button('Send a test', attempt(async () => { await post(`${path}/test`); announce('A test is on its way.'); await log.load(); }), 'primary'),
    button(endpoint.enabled ? 'Disable' : 'Enable', attempt(async () => { await edit({ enabled: !endpoint.enabled }); announce(endpoint.enabled ? 'Disabled.' : 'Enabled.'); await again(); })),
    button('Edit', attempt(async () => {
      const done = await formDialog('Edit the endpoint', null, {
        name: 'Edit the endpoint', submit: 'Save',
        fields: [{ name: 'url', label: 'URL', type: 'url', value: endpoint.url, plain: true }, { name: 'description', label: 'Description', optional: true, value: endpoint.description ?? '' }],
        run: ({ url, description }) => edit({ url, description: description ?? null }),
      });
      if (done) await again();
    })),
    button('New secret', attempt(async () => {
      if (!await confirm('Make another secret?', 'The one before signs too for a day.', 'Make another secret', false)) return;
      const made = await post(`${path}/rotate-secret`, {});
      await showSecret('The new secret', 'It is shown this once.', made.secret);
      await again();
    })),
    button('Remove', attempt(async () => {
      if (!await confirm('Remove this endpoint?', 'What waits for it is not sent any more.', 'Remove the endpoint')) return;
      await call('DELETE', path);
      announce('The endpoint is removed.');
      location.hash = '#/webhooks';
    }), 'danger'),
  ];
  return {
    title: 'Webhook endpoint',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('a.crumb', { href: '#/webhooks' }, 'Webhooks'), h('h1.break', { tabindex: '-1' }, endpoint.url), h('p.lead', null, endpoint.description ?? '')), h('div.actions', null, actions)),
      trouble,
      h('section.card', { 'aria-label': 'Details' }, facts([
        ['State', state(endpoint)], ['Events', endpoint.types ? h('span.mono', null, endpoint.types.join(', ')) : 'all'], ['Made', time(endpoint.created_at)],
        endpoint.failing_since && ['Nothing arrives since', time(endpoint.failing_since)],
        endpoint.previous_secret_valid_until && ['The secret before signs until', time(endpoint.previous_secret_valid_until)],
      ])),
      log.node),
    shown: () => log.load(),
    leave: log.stop,
  };
}

/** What was sent. While something is pending, the list is read again every two seconds. */
function deliveries(path, attempt) {
  const result = h('div');
  let status = '';
  let timer = null;
  const load = async () => {
    clearTimeout(timer);
    const asked = status;
    const source = pages(`${path}/deliveries${status ? `?status=${status}` : ''}`);
    const rows = await source.next();
    if (asked !== status) return;
    clearTimeout(timer);
    if (rows.some((row) => row.status === 'pending')) timer = setTimeout(() => result.contains(document.activeElement) || load().catch(() => {}), 2000);
    if (!rows.length) return fill(result, h('p.empty', null, 'Nothing was sent yet.'));
    const view = table('Deliveries', [
      { title: 'Event', cell: (row) => [row.type, h('span.sub.mono', null, row.event)] },
      { title: 'Status', cell: (row) => badge(row.status) },
      { title: 'Last answer', cell: (row) => [row.response_status ?? '–', row.failure ? h('span.sub', null, row.failure.replaceAll('_', ' ')) : null] },
      { title: 'Attempts', num: true, wide: true, cell: (row) => row.attempts },
      { title: 'Made', wide: true, cell: (row) => time(row.created_at) },
      { title: h('span.out', null, 'Actions'), cell: (row) => button('Send again', attempt(async () => { await post(`${path}/deliveries/${row.id}/redeliver`); announce('It is sent again.'); await load(); }), 'small') },
    ], rows);
    fill(result, view, more(source, view));
  };
  return {
    load, stop: () => clearTimeout(timer),
    node: h('section.card', { 'aria-labelledby': 'deliveries' }, h('div.card-head', null, h('h2', { id: 'deliveries' }, 'Deliveries'), button('Read again', attempt(load), 'small')),
      choices('status', 'Show', STATUSES, '', (chosen) => { status = chosen; attempt(load)(); }), h('div.gap', null, result)),
  };
}
