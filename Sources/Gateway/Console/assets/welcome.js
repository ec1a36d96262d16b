// Before somebody is logged in: log in, sign up, the second factor, and what comes by mail.
import { h, icon, fill, announce } from './dom.js';
import { open, get } from './api.js';
import { form, codeField, codeOf } from './forms.js';
import { accept, setUser } from './session.js';

const MINIMUM = 8;

function about() {
  const points = [
    ['payments', 'Pay anybody by e-mail. A double click or a lost answer never pays twice.'],
    ['security', 'Second factor, sessions you can see and end, API keys with scopes.'],
    ['live', 'See the system work: rates, errors and latencies of every route and service.'],
  ];
  return h('div.about', null,
    h('h1', { tabindex: '-1' }, 'Hold money, pay people, see it work.'),
    h('p.lead', null, 'Tollgate is a gateway, an identity service and a double-entry ledger. This page uses the same public API that your programs use.'),
    h('ul.points', null, points.map(([name, text]) => h('li', null, icon(name), h('span', null, text)))));
}

const tab = (href, text, current) => h('a', { href, 'aria-current': current ? 'page' : null }, text);

function page(title, current, ...content) {
  return h('div.welcome', null, about(), h('section.card', { 'aria-labelledby': 'welcome-title' },
    current ? h('div.tabs', { role: 'navigation', 'aria-label': 'Log in or sign up' }, tab('#/login', 'Log in', current === 'login'), tab('#/signup', 'Sign up', current === 'signup')) : null,
    h('h2', { id: 'welcome-title' }, title), content));
}

const email = (value) => ({ name: 'email', label: 'E-mail', type: 'email', autocomplete: 'username', maxlength: 254, value });

/** Takes tokens and shows the first page. */
async function enter(tokens) {
  accept(tokens);
  setUser(await get('/users/me'));
  if (/^#\/(login|signup|verify|reset|forgot)/.test(location.hash)) location.hash = '#/';
}

export function logIn() {
  const place = h('div');
  const show = (address) => fill(place, form({
    name: 'Log in', submit: 'Log in',
    fields: [email(address), { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' }],
    explain: (problem) => (problem.code === 'email_not_verified' ? h('p', null, 'Open the link in the mail that was sent to you, or ', h('a', { href: '#/verify' }, 'enter its token'), '.') : null),
    run: async (values) => {
      try {
        await enter(await open('POST', '/sessions', values));
      } catch (problem) {
        if (problem.code !== 'second_factor_required') throw problem;
        secondFactor(problem.challenge, values.email);
      }
    },
  }), h('p.small', null, h('a', { href: '#/forgot' }, 'Forgot your password?')));
  const secondFactor = (challenge, address) => {
    const step = form({
      name: 'Second factor', submit: 'Go on', fields: [codeField()], cancel: () => show(address),
      run: async ({ code }) => enter(await open('POST', '/sessions/second-factor', { challenge, ...codeOf(code) })),
    });
    fill(place, h('p.soft', null, 'Your account has a second factor.'), step);
    step.field('code').input.focus();
  };
  show();
  return { title: 'Log in', node: page('Welcome back', 'login', place) };
}

export function signUp() {
  const place = h('div');
  const verdict = h('div', null, h('div.meter', { 'aria-hidden': 'true' }, h('i')), h('div.hint', { 'aria-live': 'polite' }));
  let waiting;
  const judge = (input) => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      if (input.value.length < MINIMUM) return tell(0, '');
      try {
        const answer = await open('POST', '/passwords/check', { password: input.value });
        tell(answer.strength, answer.hint);
      } catch { tell(0, ''); }
    }, 400);
  };
  const tell = (level, hint) => {
    verdict.firstChild.dataset.level = level;
    verdict.lastChild.textContent = hint;
  };
  fill(place, form({
    name: 'Sign up', submit: 'Sign up',
    fields: [
      { name: 'name', label: 'Name', autocomplete: 'name', maxlength: 100 }, email(),
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', minlength: MINIMUM, maxlength: 256, hint: 'At least 8 characters, of any kind.', extra: verdict, onchange: judge },
    ],
    run: async (values) => {
      const answer = await open('POST', '/users', values);
      if (answer.status === 'accepted') return checkMail(place, values);
      await enter(await open('POST', '/sessions', { email: values.email, password: values.password }));
      announce(`Welcome, ${values.name}.`);
    },
  }));
  return { title: 'Sign up', node: page('Make an account', 'signup', place) };
}

/** Where addresses are verified, sign-up says the same for every address. */
function checkMail(place, { email: address, password }) {
  const note = h('div.alert', { role: 'status', tabindex: '-1' }, h('strong', null, 'Look into your mail'), 'If the address can be used, a mail with a link is on its way to it.');
  fill(place, note,
    h('p.soft', null, 'The link does not open this page? Paste the token of the mail.'), verifyForm(async () => enter(await open('POST', '/sessions', { email: address, password }))),
    h('p.small', null, h('a', { href: '#/login' }, 'Go on to the login')));
  note.focus();
}

function verifyForm(then, token) {
  return form({
    name: 'Verify the address', submit: 'Verify', fields: [{ name: 'token', label: 'Token', value: token, plain: true, hint: 'It begins with tgv_.' }],
    run: async (values) => {
      await open('POST', '/users/verify-email', values);
      announce('The address is verified.');
      await then();
    },
  });
}

export function verify([token]) {
  return {
    title: 'Verify your address',
    node: page('Verify your address', null, verifyForm(() => { location.hash = '#/login'; }, token),
      h('h3', null, 'No mail?'),
      form({
        name: 'Send the mail again', submit: 'Send it again', fields: [email()],
        run: async (values) => { await open('POST', '/users/verify-email/resend', values); announce('If the address waits to be verified, a mail is on its way.'); },
      }), h('p.small', null, h('a', { href: '#/login' }, 'Back to the login'))),
  };
}

export function forgot() {
  return {
    title: 'Forgot your password',
    node: page('Choose another password', null, h('p.soft', null, 'A mail with a link is sent to the address, if it has an account.'),
      form({
        name: 'Send a link', submit: 'Send the link', fields: [email()],
        run: async (values) => { await open('POST', '/password/forgot', values); announce('If the address has an account, a mail is on its way.'); location.hash = '#/reset'; },
      }), h('p.small', null, h('a', { href: '#/login' }, 'Back to the login'))),
  };
}

export function reset([token]) {
  return {
    title: 'Choose another password',
    node: page('Choose another password', null, form({
      name: 'Choose another password', submit: 'Change the password',
      fields: [
        { name: 'token', label: 'Token of the mail', value: token, plain: true, hint: 'It begins with tgp_ and is good for 30 minutes.' },
        { name: 'new_password', label: 'New password', type: 'password', autocomplete: 'new-password', minlength: MINIMUM, hint: 'At least 8 characters.' },
      ],
      run: async (values) => { await open('POST', '/password/reset', values); announce('The password is changed. Log in with it.'); location.hash = '#/login'; },
    }), h('p.small', null, h('a', { href: '#/login' }, 'Back to the login'))),
  };
}
