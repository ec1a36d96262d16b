// Who is logged in. Tokens live in this module's memory. The only time that one lies anywhere else is between leaving the page
// and its next load in the same tab: `pagehide` puts the refresh token into sessionStorage, the next load takes it out at
// once. See docs/console.md.

export const session = { access: null, expires: 0, claims: null, user: null };
let refresh = null;
const KEY = 'tollgate.reload';
/** How long a token that waits for a reload is good, in milliseconds. */
const PATIENCE = 60_000;

const listeners = new Set();
/** Calls back when somebody logs in, changes, or is logged out. */
export const onChange = (listener) => listeners.add(listener);
const changed = () => listeners.forEach((listener) => listener());

function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch { return {}; }
}

/** Takes what a login, a refresh or a new proof gave. What the claims say is for show alone: the gateway decides. */
export function accept(tokens) {
  session.access = tokens.access_token;
  session.expires = performance.now() + tokens.expires_in * 1000;
  session.claims = claimsOf(tokens.access_token);
  if (tokens.refresh_token) refresh = tokens.refresh_token;
  changed();
}

export const isLoggedIn = () => session.access !== null;
export const isAdmin = () => (session.claims?.roles ?? []).includes('admin');
export const hasSecondFactor = () => session.claims?.acr === 'urn:tollgate:acr:mfa';

export function setUser(user) {
  session.user = user;
  changed();
}

/** Forgets everything. */
export function forget() {
  Object.assign(session, { access: null, expires: 0, claims: null, user: null });
  refresh = null;
  changed();
}

/** The session has ended elsewhere. */
export let lost = () => forget();
export const onLost = (run) => { lost = () => { forget(); run(); }; };

let running = null;
async function exchange() {
  if (!refresh) return false;
  let response;
  try {
    response = await fetch('/api/v1/tokens/refresh', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ refresh_token: refresh }),
      credentials: 'omit', cache: 'no-store', redirect: 'error',
    });
  } catch { return false; }
  if (!response.ok) {
    if (response.status === 401) refresh = null;
    return false;
  }
  accept(await response.json());
  return true;
}

export const refreshed = {
  /** Exchanges the refresh token; everybody who asks meanwhile gets the same answer. */
  now: () => (running ??= exchange().finally(() => { running = null; })),
  /** The same, when the access token is about to end. */
  ifNeeded: async () => { if (refresh && performance.now() > session.expires - 20_000) await refreshed.now(); },
};

/** Goes on with the session of before a reload, where there is one. */
export async function resume() {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
  } catch { /* Storage may be refused: then a reload logs out. */ }
  if (!kept?.token || !(Date.now() - kept.at < PATIENCE)) return false;
  refresh = kept.token;
  return refreshed.now();
}

addEventListener('pagehide', () => {
  if (!refresh) return;
  try { sessionStorage.setItem(KEY, JSON.stringify({ token: refresh, at: Date.now() })); } catch { /* As above. */ }
});
addEventListener('pageshow', (event) => {
  // Out of the back-forward cache, with its memory: what was put away for a reload is not needed.
  if (event.persisted) try { sessionStorage.removeItem(KEY); } catch { /* As above. */ }
});
