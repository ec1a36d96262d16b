// Payments: paying, the list, and what can be done with one: capture, cancel, refund.
import { h, fill, table, badge, time, facts, button, confirm, announce } from './dom.js';
import { get, post, pages, freshKey } from './api.js';
import { form, formDialog, choices, alertOf } from './forms.js';
import { money } from './money.js';
import { all, described } from './accounts.js';
import { paymentTable } from './overview.js';

const PAYEES = {
  email: { label: 'E-mail of the payee', type: 'email', pointer: '/destination/email' },
  account: { label: 'Account of the payee', plain: true, pointer: '/destination/account', pattern: 'acct_[0-9a-z]{26}', wrong: 'An account looks like acct_01m8….' },
  user: { label: 'User id of the payee', plain: true, pointer: '/destination/user', pattern: 'usr_[0-9a-z]{26}', wrong: 'A user id looks like usr_01m8….' },
};

/** A page for those who have no account to pay from. */
export const needsAccount = (title) => ({
  title,
  node: h('div.stack', null, h('h1', { tabindex: '-1' }, title), h('div.card.empty', null, h('p', null, 'For this you need an open account.'), h('div.actions', null, h('a.button.primary', { href: '#/accounts' }, 'Open an account')))),
});

export async function pay() {
  const accounts = (await all()).filter((account) => account.status === 'open').reverse();
  if (!accounts.length) return needsAccount('Pay');
  let view = null;
  const account = () => accounts.find((one) => one.id === view?.field('source').value) ?? accounts[0];
  let kind = 'email';
  const place = h('div.stack');
  view = form({
    name: 'Pay', submit: 'Pay', once: true,
    fields: [
      { name: 'source', label: 'From', type: 'select', options: accounts.map((one) => [one.id, described(one)]), onchange: () => view.units() },
      choices('payee', 'To', [['email', 'E-mail'], ['account', 'Account'], ['user', 'User']], kind, (chosen) => {
        kind = chosen;
        for (const name of Object.keys(PAYEES)) view.field(name).element.hidden = name !== kind;
      }),
      ...Object.entries(PAYEES).map(([name, spec]) => ({ name, ...spec })),
      { name: 'amount', label: 'Amount', type: 'amount', currency: () => account().currency },
      { name: 'description', label: 'Description', optional: true, maxlength: 500, hint: 'Both of you see it.' },
      { name: 'manual', label: 'Reserve only', type: 'checkbox', hint: 'The money is set aside until the payee captures it, a week at most.' },
    ],
    run: async (values, key) => {
      const payment = await post('/payments', {
        source: values.source, destination: { [kind]: values[kind] }, amount: values.amount, currency: account().currency,
        description: values.description, capture: values.manual ? 'manual' : undefined,
      }, { key });
      announce(`${money(payment.amount, payment.currency)} ${payment.status === 'succeeded' ? 'paid' : 'reserved'}.`);
      location.hash = `#/payments/${payment.id}`;
    },
  });
  for (const name of ['account', 'user']) view.field(name).element.hidden = true;
  view.units();
  fill(place, h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'Pay'), h('p.lead', null, 'To somebody’s account of the same currency.'))), h('section.card.narrow', { 'aria-label': 'Payment' }, view));
  return { title: 'Pay', node: place };
}

const STATUSES = [['', 'All'], ['succeeded', 'Succeeded'], ['requires_capture', 'To be captured'], ['canceled', 'Canceled'], ['expired', 'Expired']];

export async function list() {
  const own = new Set((await all()).map((account) => account.id));
  const result = h('div');
  let status = '';
  const load = async () => {
    const asked = status;
    const source = pages(`/payments${status ? `?status=${status}` : ''}`);
    const rows = await source.next();
    // Another choice was made meanwhile, and its answer may have been quicker.
    if (asked !== status) return;
    if (!rows.length) return void fill(result, h('p.empty', null, status ? 'None.' : ['No payments yet. ', h('a', { href: '#/pay' }, 'Pay somebody'), '.']));
    const view = paymentTable('Payments', rows, own);
    fill(result, view, more(source, view));
  };
  await load();
  return {
    title: 'Payments',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'Payments'), h('p.lead', null, 'Those that you made and those that you got.')), h('div.actions', null, h('a.button.primary', { href: '#/pay' }, 'Pay'))),
      h('section.card', { 'aria-label': 'Payments' }, choices('status', 'Show', STATUSES, '', (chosen) => { status = chosen; load().catch((problem) => fill(result, alertOf(problem))); }), h('div.gap', null, result))),
  };
}

/** The button for the next page of a list. */
export function more(source, view, limit) {
  const place = h('div.more', { hidden: source.done });
  place.append(button('Show more', async () => {
    view.add(await source.next(limit));
    place.hidden = source.done;
  }, 'small'));
  return place;
}

export async function one([id], { again }) {
  const [payment, accounts, refunds] = await Promise.all([get(`/payments/${id}`), all(), get(`/refunds?payment=${id}&limit=100`)]);
  const own = new Set(accounts.map((account) => account.id));
  const isPayee = own.has(payment.destination.account);
  const trouble = h('div');
  const currency = () => payment.currency;
  const dialogOf = (title, lead, name, submit, run, extra = []) => button(title, async () => {
    await formDialog(title, lead, {
      name, submit, once: true,
      fields: [{ name: 'amount', label: 'Amount', type: 'amount', currency, required: false, hint: 'All of it when left empty.' }, ...extra],
      run,
    });
    // Also when it was left: what became of an attempt without an answer is seen then.
    await again();
  }, 'primary');
  const actions = [];
  if (payment.status === 'requires_capture') {
    if (isPayee) {
      actions.push(dialogOf('Capture', `Up to ${money(payment.amount, payment.currency)}. What you do not take is released.`, 'Capture', 'Capture', async ({ amount }, key) => {
        await post(`/payments/${id}/capture`, amount === undefined ? {} : { amount }, { key });
        announce('The payment is captured.');
      }));
    }
    actions.push(cancelling(id, trouble, again));
  }
  const left = BigInt(payment.amount_captured) - BigInt(payment.amount_refunded);
  if (isPayee && left > 0n) {
    actions.push(dialogOf('Refund', `Up to ${money(left, payment.currency)}.`, 'Refund', 'Refund', async ({ amount, reason }, key) => {
      await post('/refunds', { payment: id, amount, reason }, { key });
      announce('The refund is done.');
    }, [{ name: 'reason', label: 'Reason', optional: true, maxlength: 500 }]));
  }
  const side = (account) => [h('span.mono', null, account), own.has(account) ? ' (yours)' : ''];
  return {
    title: 'Payment',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('a.crumb', { href: '#/payments' }, 'Payments'), h('h1', { tabindex: '-1' }, money(payment.amount, payment.currency), ' ', badge(payment.status)), h('p.lead', null, payment.description ?? 'Without a description')),
        h('div.actions', null, actions)),
      trouble,
      h('section.card', { 'aria-label': 'Details' }, facts([
        ['Payment', h('span.mono', null, payment.id)],
        ['From', side(payment.source)], ['To', side(payment.destination.account)],
        ['Captured', money(payment.amount_captured, payment.currency)],
        BigInt(payment.amount_refunded) > 0n && ['Refunded', money(payment.amount_refunded, payment.currency)],
        BigInt(payment.fee) > 0n && ['Fee, paid by the payee', money(payment.fee, payment.currency)],
        ['Made', time(payment.created_at)],
        payment.expires_at && payment.status === 'requires_capture' && ['Can be captured until', time(payment.expires_at)],
        payment.ended_at && ['Ended', time(payment.ended_at)],
        ...Object.entries(payment.metadata ?? {}),
      ])),
      refunds.data.length ? h('section.card', { 'aria-labelledby': 'refunds' }, h('h2', { id: 'refunds' }, 'Refunds'), table('Refunds', [
        { title: 'Refund', cell: (refund) => [refund.reason ?? 'Without a reason', h('span.sub.mono', null, refund.id)] },
        { title: 'When', cell: (refund) => time(refund.created_at) },
        { title: 'Amount', num: true, cell: (refund) => money(refund.amount, refund.currency) },
      ], refunds.data)) : null),
  };
}

/** The key lives as long as the page of the payment: pressing the button again asks for the same. */
function cancelling(id, trouble, again) {
  const key = freshKey();
  return button('Cancel payment', async () => {
    if (!await confirm('Cancel this payment?', 'The reserved money goes back to the payer.', 'Cancel the payment')) return;
    try {
      await post(`/payments/${id}/cancel`, undefined, { key });
      announce('The payment is canceled.');
      await again();
    } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  }, 'danger');
}
