// Accounts: what is in them, opening, naming, freezing and closing them, and their statements.
import { h, fill, table, badge, time, facts, button, confirm, announce, save } from './dom.js';
import { get, post, call, pages, freshKey } from './api.js';
import { form, formDialog, alertOf } from './forms.js';
import { COMMON, decimal, money } from './money.js';
import { tile } from './overview.js';

/** All accounts of the user; there are few. */
export async function all() {
  const list = pages('/accounts');
  const accounts = [];
  while (!list.done) accounts.push(...await list.next(100));
  return accounts;
}

/** What a choice among accounts says of one. */
export const described = (account) => `${account.name ?? account.currency} · ${money(account.balance.available, account.currency)} available`;

const NAME = { name: 'name', label: 'Name', required: false, maxlength: 64, hint: 'Only you see it.' };

export async function list(_, { again }) {
  const accounts = await all();
  const open = accounts.filter((account) => account.status !== 'closed').reverse();
  const closed = accounts.filter((account) => account.status === 'closed');
  return {
    title: 'Accounts',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'Accounts'), h('p.lead', null, 'Each holds money of one currency. Whoever pays you by e-mail pays the first that you opened.'))),
      open.length ? h('div.grid', null, open.map(tile)) : h('div.card.empty', null, 'No account yet.'),
      h('section.card.narrow', { 'aria-labelledby': 'open-title' }, h('h2', { id: 'open-title' }, 'Open an account'), form({
        name: 'Open an account', submit: 'Open the account', once: true,
        fields: [[
          { name: 'currency', label: 'Currency', plain: true, value: 'USD', maxlength: 3, pattern: '[A-Za-z]{3}', wrong: 'Three letters, such as EUR.', hint: `Such as ${COMMON.slice(0, 5).join(', ')}.` },
          NAME,
        ]],
        run: async ({ currency, name }, key) => {
          const account = await post('/accounts', { currency: currency.toUpperCase(), name }, { key });
          announce(`The ${account.currency} account is open.`);
          await again();
        },
      })),
      closed.length ? h('section.card', { 'aria-labelledby': 'closed-title' }, h('h2', { id: 'closed-title' }, 'Closed'), table('Closed accounts', [
        { title: 'Account', cell: (account) => h('a', { href: `#/accounts/${account.id}` }, account.name ?? `${account.currency} account`) },
        { title: 'Closed', cell: (account) => time(account.closed_at) },
      ], closed)) : null),
  };
}

export async function one([id], { again }) {
  const { data: account, response } = await call('GET', `/accounts/${id}`);
  const tag = response.headers.get('ETag');
  const { posted, pending, available } = account.balance;
  const act = (what, done) => button(what[0].toUpperCase() + what.slice(1), async () => {
    if (what === 'close' && !await confirm('Close this account?', 'It is closed for good. Its statements stay.', 'Close the account')) return;
    try {
      await post(`/accounts/${id}/${what}`, undefined, { key: freshKey() });
      announce(done);
      await again();
    } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  }, what === 'close' ? 'danger' : '');
  const trouble = h('div');
  const period = statement(account);
  const rename = button('Rename', async () => {
    const changed = await formDialog('Rename the account', null, {
      name: 'Rename the account', submit: 'Save', fields: [{ ...NAME, value: account.name ?? '' }],
      run: ({ name }) => call('PATCH', `/accounts/${id}`, { body: { name: name ?? null }, headers: tag ? { 'If-Match': tag } : {} }),
    });
    if (changed) { announce('The account is renamed.'); await again(); }
  });
  return {
    title: account.name ?? `${account.currency} account`,
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('a.crumb', { href: '#/accounts' }, 'Accounts'), h('h1', { tabindex: '-1' }, account.name ?? `${account.currency} account`, ' ', badge(account.status)),
        h('p.lead.mono', null, account.id)),
      account.status === 'closed' ? null : h('div.actions', null, rename,
        account.status === 'open' ? act('freeze', 'The account is frozen: it pays nothing until you unfreeze it.') : act('unfreeze', 'The account is open again.'), act('close', 'The account is closed.'))),
      account.frozen_by === 'support' ? h('div.alert.warn', null, h('strong', null, 'Frozen by support'), 'Only support can unfreeze it.') : null,
      trouble,
      h('section.card', { 'aria-label': 'Balance' }, facts([
        ['Posted', h('strong', null, money(posted, account.currency))],
        ['On its way', money(pending, account.currency)],
        ['Available', money(available, account.currency)],
        ['Opened', time(account.created_at)],
        account.closed_at && ['Closed', time(account.closed_at)],
      ])),
      period.node),
    shown: period.show,
  };
}

const day = (date) => date.toISOString().slice(0, 10);

/** A period's entries, as a table and as a file. Days begin at midnight UTC; the last one is in it. */
function statement(account) {
  const result = h('div', { 'aria-live': 'polite' });
  const today = new Date();
  const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1));
  const range = ({ from, to }) => `from=${from}&to=${day(new Date(Date.parse(to) + 86_400_000))}`;
  const view = form({
    name: 'Statement', submit: 'Show', inline: true,
    fields: [{ name: 'from', label: 'From', type: 'date', value: day(month) }, { name: 'to', label: 'To', type: 'date', value: day(today) }],
    run: async (values) => {
      const data = await get(`/accounts/${account.id}/statement?${range(values)}`);
      fill(result, rows(data), h('div.actions', null, button('Download as CSV', async () => {
        const answer = await call('GET', `/accounts/${account.id}/statement?${range(values)}`, { accept: 'text/csv' });
        save(`statement-${account.currency}-${values.from}-${values.to}.csv`, answer.data);
        announce('The statement is downloaded.');
      })));
    },
  });
  return {
    node: h('section.card', { 'aria-labelledby': 'statement-title' }, h('h2', { id: 'statement-title' }, 'Statement'), view, result),
    show: () => view.requestSubmit(),
  };
}

function rows(data) {
  const line = (kind, balance, when) => ({ kind, balance, when });
  const all = [line('Opening balance', data.opening_balance, data.from), ...data.entries, line('Closing balance', data.closing_balance, data.to)];
  const element = table('Statement', [
    { title: 'Entry', cell: (row) => (row.kind ? h('strong', null, row.kind) : [time(row.created_at), h('span.sub.mono', null, row.transfer)]) },
    { title: 'Amount', num: true, cell: (row) => (row.kind ? '' : BigInt(row.amount) > 0n ? h('span.in', null, `+${decimal(row.amount, data.currency)}`) : decimal(row.amount, data.currency)) },
    { title: 'Balance', num: true, cell: (row) => decimal(row.balance, data.currency) },
  ], all);
  element.classList.add('statement');
  return element;
}
