// Money in and out: deposits from a card, withdrawals to a bank account, both of the sandbox.
import { h, fill, table, badge, time, announce } from './dom.js';
import { post, get, pages } from './api.js';
import { form } from './forms.js';
import { money } from './money.js';
import { all, described } from './accounts.js';
import { more, needsAccount } from './payments.js';

const KINDS = {
  deposit: {
    title: 'Deposit', path: '/deposits', lead: 'From a card of the sandbox: its name says what happens.', side: 'source', label: 'Card', account: 'Into', done: 'has arrived', list: 'Deposits',
    options: [['card_ok', 'Card that works'], ['card_slow', 'Slow card'], ['card_declined', 'Card that is declined'], ['card_insufficient_funds', 'Card without money'], ['card_expired', 'Expired card'], ['card_timeout', 'Card whose answer is lost']],
  },
  withdraw: {
    title: 'Withdraw', path: '/withdrawals', lead: 'To a bank account of the sandbox: its name says what happens.', side: 'destination', label: 'Bank account', account: 'From', done: 'is paid out', list: 'Withdrawals',
    options: [['bank_ok', 'Bank account that works'], ['bank_slow', 'Slow bank'], ['bank_declined', 'Bank that declines'], ['bank_account_closed', 'Closed bank account'], ['bank_timeout', 'Bank whose answer is lost']],
  },
};

const usable = async () => (await all()).filter((account) => account.status === 'open').reverse();

function page(kind) {
  return async () => {
    let accounts = await usable();
    if (!accounts.length) return needsAccount(kind.title);
    const account = () => accounts.find((one) => one.id === view?.field('account').value) ?? accounts[0];
    const result = h('div');
    let timer = null;
    const load = async () => {
      const source = pages(kind.path);
      const rows = await source.next(10);
      if (!rows.length) {
        fill(result, h('p.empty', null, 'None yet.'));
        return rows;
      }
      const list = table(kind.list, [
        { title: kind.title, cell: (row) => [row[kind.side].replaceAll('_', ' '), h('span.sub.mono', null, row.id)] },
        { title: 'Status', cell: (row) => [badge(row.status), row.failure ? h('span.sub', null, row.failure.replaceAll('_', ' ')) : null] },
        { title: 'When', wide: true, cell: (row) => time(row.created_at) },
        { title: 'Amount', num: true, cell: (row) => money(row.amount, row.currency) },
      ], rows);
      fill(result, list, more(source, list, 10));
      return rows;
    };
    /** Money has moved: the list and the balances are others. */
    const changed = async () => {
      accounts = await usable();
      for (const option of view.field('account').input.options) {
        const one = accounts.find((account) => account.id === option.value);
        if (one) option.textContent = described(one);
      }
      await load();
    };
    /** What is not decided yet is asked after, until it is. */
    const follow = (id, tries = 0) => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        try {
          const now = await get(`${kind.path}/${id}`);
          if (now.status === 'processing') return tries < 60 ? follow(id, tries + 1) : null;
          announce(`${money(now.amount, now.currency)} ${now.status === 'succeeded' ? kind.done : 'failed'}.`);
          await changed();
        } catch { /* The list says it at the next look. */ }
      }, 1000);
    };
    let view = null;
    view = form({
      name: kind.title, submit: kind.title, once: true,
      fields: [
        { name: 'account', label: kind.account, type: 'select', options: accounts.map((one) => [one.id, described(one)]), onchange: () => view.units() },
        { name: 'amount', label: 'Amount', type: 'amount', currency: () => account().currency },
        { name: kind.side, label: kind.label, type: 'select', options: kind.options },
      ],
      run: async (values, key) => {
        try {
          const made = await post(kind.path, values, { key });
          announce(made.status === 'processing' ? 'It is under way.' : `${money(made.amount, made.currency)} ${kind.done}.`);
          if (made.status === 'processing') follow(made.id);
          view.field('amount').input.value = '';
        } finally { await changed(); }
      },
    });
    const rows = await load();
    const open = rows.find((row) => row.status === 'processing');
    if (open) follow(open.id);
    return {
      title: kind.title,
      node: h('div.stack', null, h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, kind.title), h('p.lead', null, kind.lead))),
        h('div.columns.wide-right', null, h('section.card', { 'aria-label': kind.title }, view),
          h('section.card', { 'aria-labelledby': 'list' }, h('h2', { id: 'list' }, kind.list), result))),
      leave: () => clearTimeout(timer),
    };
  };
}

export const deposit = page(KINDS.deposit);
export const withdraw = page(KINDS.withdraw);
