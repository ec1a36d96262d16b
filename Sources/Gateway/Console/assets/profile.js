// Who one is, and how one proves it: name, password, second factor, sessions.
import { h, fill, table, badge, time, facts, button, confirm, dialog, announce, copyable, save } from './dom.js';
import { get, post, call, pages } from './api.js';
import { form, alertOf } from './forms.js';
import { session, setUser, forget } from './session.js';
import { drawing } from './qr.js';

export async function profile() {
  const { data: user, response } = await call('GET', '/users/me');
  let tag = response.headers.get('ETag');
  setUser(user);
  return {
    title: 'Profile',
    node: h('div.stack', null,
      h('div.page-head', null, h('h1', { tabindex: '-1' }, 'Profile')),
      h('div.columns', null,
        h('section.card', { 'aria-labelledby': 'you' }, h('h2', { id: 'you' }, 'You'),
          facts([['E-mail', [user.email, ' ', user.email_verified ? badge('verified', 'good') : null]], ['User', h('span.mono', null, user.id)], ['Since', time(user.created_at)]]),
          h('div.gap', null, form({
            name: 'Change the name', submit: 'Save the name', fields: [{ name: 'name', label: 'Name', value: user.name, maxlength: 100, autocomplete: 'name' }],
            run: async (values) => {
              const saved = await call('PATCH', '/users/me', { body: values, headers: tag ? { 'If-Match': tag } : {} });
              tag = saved.response.headers.get('ETag');
              setUser(saved.data);
              announce('The name is saved.');
            },
          }))),
        h('section.card', { 'aria-labelledby': 'password' }, h('h2', { id: 'password' }, 'Password'), form({
          name: 'Change the password', submit: 'Change the password',
          fields: [
            { name: 'current_password', label: 'Current password', type: 'password', autocomplete: 'current-password' },
            { name: 'new_password', label: 'New password', type: 'password', autocomplete: 'new-password', minlength: 8, maxlength: 256, hint: 'At least 8 characters. All your other sessions end.' },
          ],
          run: async (values) => {
            await call('PUT', '/users/me/password', { body: values });
            announce('The password is changed, and your other sessions have ended.');
          },
        }))),
      leaving()),
  };
}

/** The two rights: everything that is held, and to be gone. */
function leaving() {
  const trouble = h('div');
  const attempt = (run) => async () => {
    try { await run(); } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  };
  return h('section.card', { 'aria-labelledby': 'data' }, h('h2', { id: 'data' }, 'Your data'), trouble,
    h('p.soft', null, 'Read all that is held about you, or leave: your accounts have to be empty then.'),
    h('div.actions.gap', null,
      button('Download everything', attempt(async () => {
        save('tollgate-export.json', (await call('GET', '/users/me/export', { accept: 'application/json' })).data);
        announce('Your data is downloaded.');
      })),
      button('Leave Tollgate', attempt(async () => {
        if (!await confirm('Leave for good?', 'Your user, sessions and keys are erased, your accounts closed. There is no way back.', 'Erase me')) return;
        const { response } = await call('DELETE', '/users/me');
        forget();
        location.hash = '#/login';
        announce(response.status === 202 ? 'You are being erased.' : 'You are erased.');
      }), 'danger')));
}

export async function security(_, { again }) {
  const [factor, sessions] = await Promise.all([get('/users/me/totp'), allSessions()]);
  const trouble = h('div');
  const attempt = (run) => async () => {
    try { await run(); } catch (problem) { fill(trouble, alertOf(problem)).firstChild.focus(); }
  };
  return {
    title: 'Security',
    node: h('div.stack', null,
      h('div.page-head', null, h('h1', { tabindex: '-1' }, 'Security')), trouble,
      h('section.card', { 'aria-labelledby': 'factor' }, h('div.card-head', null, h('h2', { id: 'factor' }, 'Second factor'), factor.enabled ? badge('on', 'good') : badge('off')), secondFactor(factor, attempt, again)),
      h('section.card', { 'aria-labelledby': 'sessions' }, h('div.card-head', null, h('h2', { id: 'sessions' }, 'Sessions'), sessions.length > 1 ? button('End all others', attempt(async () => {
        await call('DELETE', '/users/me/sessions');
        announce('All other sessions have ended.');
        await again();
      }), 'small') : null), table('Sessions', [
        { title: 'Program', cell: (one) => [program(one.user_agent), one.current ? [' ', badge('this one', 'good')] : null, h('span.sub', null, one.client_address ?? 'from somewhere')] },
        { title: 'Last seen', cell: (one) => time(one.last_seen_at) },
        { title: 'Began', wide: true, cell: (one) => time(one.created_at) },
        { title: 'Proof', wide: true, cell: (one) => (one.acr.endsWith('mfa') ? 'password and second factor' : 'password') },
        { title: h('span.out', null, 'Actions'), cell: (one) => (one.current ? null : button('End', attempt(async () => {
          await call('DELETE', `/users/me/sessions/${one.id}`);
          announce('The session has ended.');
          await again();
        }), 'small')) },
      ], sessions))),
  };
}

async function allSessions() {
  const list = pages('/users/me/sessions');
  const sessions = [];
  while (!list.done && sessions.length < 300) sessions.push(...await list.next(100));
  return sessions;
}

/** What a `User-Agent` stands for, as far as one can tell. */
function program(agent) {
  if (!agent) return 'Unknown program';
  const browser = [['Edg/', 'Edge'], ['Firefox/', 'Firefox'], ['Chrome/', 'Chrome'], ['Safari/', 'Safari']].find(([mark]) => agent.includes(mark));
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS X', 'Linux'].find((mark) => agent.includes(mark));
  return browser ? `${browser[1]}${system ? ` on ${system.replace('Mac OS X', 'macOS')}` : ''}` : agent.split(' ')[0].slice(0, 60);
}

function secondFactor(factor, attempt, again) {
  if (!factor.enabled) {
    return [h('p.soft', null, 'With it, a login needs a code of your authenticator app too.'), h('div.actions.gap', null, button('Turn it on', attempt(async () => { if (await enrol()) await again(); }), 'primary'))];
  }
  return [
    h('p.soft', null, 'On since ', time(factor.enabled_at), `. ${factor.recovery_codes_left} recovery codes are left.`),
    h('div.actions.gap', null,
      button('New recovery codes', attempt(async () => { await showCodes((await post('/users/me/recovery-codes', {})).recovery_codes); await again(); })),
      button('Turn it off', attempt(async () => {
        if (!await confirm('Turn the second factor off?', 'A login needs your password alone then.', 'Turn it off')) return;
        await call('DELETE', '/users/me/totp');
        announce('The second factor is off.');
        await again();
      }), 'danger')),
  ];
}

/** Shows the secret, takes the first code, shows the recovery codes. */
async function enrol() {
  const secret = await post('/users/me/totp', {});
  const codes = await dialog('Turn the second factor on', (close) => [
    h('p', null, 'Scan this with your authenticator app, then enter the code that it shows.'),
    h('div.qr.gap', null, drawing(secret.otpauth_uri)),
    h('details.gap', null, h('summary', null, 'Type it in instead'), h('div.gap', null, copyable(secret.secret, 'The secret'))),
    h('div.gap', null, form({
      name: 'Confirm the second factor', submit: 'Turn it on', cancel: () => close(),
      fields: [{ name: 'code', label: 'Code', inputmode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', wrong: 'Six digits.', maxlength: 6 }],
      run: async (values) => close((await post('/users/me/totp/confirm', values)).recovery_codes),
    })),
  ]);
  if (!codes) return false;
  announce('The second factor is on. Your other sessions have ended.');
  await showCodes(codes);
  return true;
}

function showCodes(codes) {
  return dialog('Your recovery codes', (close) => [
    h('p', null, 'Each replaces the app once. They are shown this once: keep them where you would find them without your phone.'),
    h('ul.codes.gap', { 'aria-label': 'Recovery codes' }, codes.map((code) => h('li', null, h('code', null, code)))),
    h('div.actions', null, button('Download', () => save('tollgate-recovery-codes.txt', new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }))),
      h('button.primary', { type: 'button', onclick: () => close() }, 'I have saved them')),
  ]);
}
