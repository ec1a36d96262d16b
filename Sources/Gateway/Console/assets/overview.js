// The first page: what one has, and what happened last.
import { h, table, badge, time, icon } from './dom.js';
import { get } from './api.js';
import { session } from './session.js';
import { money, decimal } from './money.js';

/** A card with an account's balance. */
export function tile(account) {
  const { posted, pending, available } = account.balance;
  const notes = [];
  if (BigInt(available) !== BigInt(posted)) notes.push(`${decimal(available, account.currency)} available`);
  if (BigInt(pending) !== 0n) notes.push(`${BigInt(pending) > 0n ? '+' : ''}${decimal(pending, account.currency)} on its way`);
  return h('a.card.tile', { href: `#/accounts/${account.id}` },
    h('span.name', null, account.name ?? `${account.currency} account`, account.status === 'open' ? null : [' ', badge(account.status)]), ' ',
    h('span.sum', null, decimal(posted, account.currency), ' ', h('small', null, account.currency)), ' ',
    h('span.note', null, notes.length ? notes.join(', ') : 'All of it available'));
}

/** A table of payments as one of the sides sees them. */
export function paymentTable(name, payments, own) {
  return table(name, [
    { title: 'Payment', cell: (one) => [h('a', { href: `#/payments/${one.id}` }, one.description || (own.has(one.source) ? 'Payment sent' : 'Payment received')), h('span.sub.mono', null, one.id)] },
    { title: 'Status', cell: (one) => badge(one.status) },
    { title: 'When', wide: true, cell: (one) => time(one.created_at) },
    { title: 'Amount', num: true, cell: (one) => amountOf(one, own) },
  ], payments);
}

function amountOf(payment, own) {
  const text = money(payment.amount, payment.currency);
  const [out, into] = [own.has(payment.source), own.has(payment.destination.account)];
  if (out && into) return text;
  return out ? `\u2212${text}` : h('span.in', null, `+${text}`);
}

export async function overview() {
  const data = await get('/overview');
  const accounts = (data.accounts ?? []).filter((account) => account.status !== 'closed').reverse();
  const own = new Set((data.accounts ?? []).map((account) => account.id));
  const first = accounts.length === 0 && !data.missing.includes('accounts');
  return {
    title: 'Overview',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, `Hello, ${data.profile?.name ?? session.user?.name ?? ''}`),
        h('p.lead', null, first ? 'Open your first account to begin.' : 'What you have, and what happened last.')),
      h('div.actions', null, h('a.button', { href: '#/deposit' }, 'Deposit'), h('a.button.primary', { href: '#/pay' }, icon('payments'), 'Pay'))),
      data.missing.length ? h('div.alert.warn', { role: 'status' }, h('strong', null, 'Not everything could be read'), `Missing right now: ${data.missing.join(', ').replaceAll('_', ' ')}.`) : null,
      first ? h('div.card.empty', null, h('p', null, 'An account holds money of one currency.'), h('div.actions', null, h('a.button.primary', { href: '#/accounts' }, 'Open an account')))
        : h('div.grid', null, accounts.map(tile)),
      h('section.card', { 'aria-labelledby': 'recent' }, h('div.card-head', null, h('h2', { id: 'recent' }, 'Latest payments'), h('a.small', { href: '#/payments' }, 'All payments')),
        data.recent_payments?.length ? paymentTable('Latest payments', data.recent_payments, own)
          : h('p.empty', null, data.missing.includes('recent_payments') ? 'They cannot be read right now.' : 'No payments yet.'))),
  };
}
