// The frame: which page is shown, who is there, light or dark.
import { h, icon, fill, announce } from './dom.js';
import { call, get } from './api.js';
import { alertOf } from './forms.js';
import { session, isLoggedIn, isAdmin, onChange, onLost, forget, resume, setUser } from './session.js';
import { open as openRequests, extras } from './requests.js';
import { traceOf } from './traces.js';
import * as welcome from './welcome.js';
import { overview } from './overview.js';
import * as accounts from './accounts.js';
import * as payments from './payments.js';
import { deposit, withdraw } from './funds.js';
import * as keys from './keys.js';
import * as webhooks from './webhooks.js';
import { profile, security } from './profile.js';
import { live } from './live.js';

const main = document.getElementById('main');
const nav = document.getElementById('nav');

const PUBLIC = [
  [/^#\/login$/, welcome.logIn], [/^#\/signup$/, welcome.signUp], [/^#\/verify(?:\/([\w-]+))?$/, welcome.verify],
  [/^#\/forgot$/, welcome.forgot], [/^#\/reset(?:\/([\w-]+))?$/, welcome.reset],
];
const PAGES = [
  [/^(#\/?)?$/, overview],
  [/^#\/accounts$/, accounts.list], [/^#\/accounts\/(acct_\w+)$/, accounts.one],
  [/^#\/pay$/, payments.pay], [/^#\/payments$/, payments.list], [/^#\/payments\/(pay_\w+)$/, payments.one],
  [/^#\/deposit$/, deposit], [/^#\/withdraw$/, withdraw],
  [/^#\/keys$/, keys.list], [/^#\/webhooks$/, webhooks.list], [/^#\/webhooks\/(whe_\w+)$/, webhooks.one],
  [/^#\/profile$/, profile], [/^#\/security$/, security], [/^#\/live$/, live],
];
const MENU = [
  ['', [['#/', 'overview', 'Overview'], ['#/accounts', 'accounts', 'Accounts'], ['#/payments', 'payments', 'Payments'], ['#/pay', 'send', 'Pay'], ['#/deposit', 'deposit', 'Deposit'], ['#/withdraw', 'withdraw', 'Withdraw']]],
  ['Programs', [['#/keys', 'keys', 'API keys'], ['#/webhooks', 'webhooks', 'Webhooks']]],
  ['You', [['#/profile', 'profile', 'Profile'], ['#/security', 'security', 'Security']]],
  ['Operations', [['#/live', 'live', 'Live system']], isAdmin],
];

let showing = 0;
let leave = null;

/** Shows the page that the address names. A page gives `{title, node, shown?, leave?}`. */
async function show({ focus = true, first = false } = {}) {
  const turn = ++showing;
  const hash = location.hash;
  const find = (pages) => pages.map(([pattern, view]) => [pattern.exec(hash), view]).find(([match]) => match);
  let found = find(PUBLIC);
  if (!found) {
    if (!isLoggedIn()) return location.replace('#/login');
    found = find(PAGES) ?? [[], missing];
  }
  menu();
  main.setAttribute('aria-busy', 'true');
  let page;
  try {
    const [match, view] = found;
    page = await view(match.slice(1), { again: () => turn === showing && show({ focus: false }) });
  } catch (problem) {
    page = { title: 'Not available', node: h('div.stack', null, h('h1', { tabindex: '-1' }, 'Not available'), alertOf(problem, h('p', null, h('a', { href: '#/' }, 'Back to the overview')))) };
  }
  if (turn !== showing) return page.leave?.();
  leave?.();
  leave = page.leave ?? null;
  fill(main, page.node);
  page.shown?.();
  main.removeAttribute('aria-busy');
  document.title = `${page.title} · Tollgate`;
  if (focus) scrollTo(0, 0);
  // What had the focus is gone with the page of before.
  if (focus || (!first && document.activeElement === document.body)) (main.querySelector('h1') ?? main).focus({ preventScroll: true });
}

function missing() {
  return { title: 'Not found', node: h('div', null, h('h1', { tabindex: '-1' }, 'Not found'), h('p', null, 'There is no such page. ', h('a', { href: '#/' }, 'Back to the overview'))) };
}

function menu() {
  nav.hidden = !isLoggedIn();
  const here = location.hash || '#/';
  const isHere = (href) => here === href || (href !== '#/' && here.startsWith(`${href}/`));
  fill(nav, h('div', null, MENU.filter(([, , allowed]) => !allowed || allowed()).map(([title, entries]) => [
    title ? h('div.group', { id: `group-${title}` }, title) : null,
    h('ul', { 'aria-labelledby': title ? `group-${title}` : null }, entries.map(([href, name, text]) =>
      h('li', null, h('a', { href, 'aria-current': isHere(href) ? 'page' : null }, icon(name), text)))),
  ])));
  const current = nav.querySelector('[aria-current]');
  if (current && nav.scrollWidth > nav.clientWidth) nav.scrollLeft = current.offsetLeft - nav.clientWidth / 2 + current.offsetWidth / 2;
}

// Light and dark.
const THEMES = { system: ['system', 'as the system'], light: ['sun', 'light'], dark: ['moon', 'dark'] };
const themeButton = document.getElementById('theme');
function showTheme() {
  const [name, text] = THEMES[document.documentElement.dataset.theme ?? 'system'];
  themeButton.setAttribute('aria-label', `Theme: ${text}`);
  themeButton.title = `Theme: ${text}`;
  fill(themeButton, icon(name));
}
themeButton.addEventListener('click', () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.theme ?? 'system') + 1) % names.length];
  if (next === 'system') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = next;
  try { if (next === 'system') localStorage.removeItem('tollgate.theme'); else localStorage.setItem('tollgate.theme', next); } catch { /* Storage may be refused. */ }
  showTheme();
  announce(`Theme: ${THEMES[next][1]}.`);
});
showTheme();

const logOut = document.getElementById('log-out');
logOut.addEventListener('click', async () => {
  try { await call('DELETE', '/sessions/current'); } catch { /* It has ended already, or nobody answers: forget it here. */ }
  forget();
  location.hash = '#/login';
  announce('You are logged out.');
});
extras.of = traceOf;
document.getElementById('last-request').addEventListener('click', openRequests);
document.getElementById('skip').addEventListener('click', (event) => { event.preventDefault(); main.focus(); });

onChange(() => {
  document.getElementById('who').textContent = session.user?.name ?? '';
  logOut.hidden = !isLoggedIn();
  nav.hidden = !isLoggedIn();
});
onLost(() => {
  location.hash = '#/login';
  announce('Your session has ended. Log in again.');
});
addEventListener('hashchange', () => show());

if (await resume()) try { setUser(await get('/users/me')); } catch { forget(); }
await show({ focus: false, first: true });
document.documentElement.dataset.ready = 'true';
