// Speaks with the gateway: JSON, tokens, problems, and what each request took.
import { session, refreshed, lost } from './session.js';
import { record } from './requests.js';

const BASE = '/api/v1';

/** What the API says when something did not work (RFC 9457), or `network` when nothing was heard. */
export class Problem extends Error {
  constructor(status, body, response) {
    super(body.detail ?? body.title ?? `Status ${status}`);
    this.status = status;
    this.code = body.code ?? '';
    this.title = body.title ?? `Status ${status}`;
    this.detail = body.detail ?? null;
    this.errors = body.errors ?? [];
    this.reason = body.reason ?? null;
    this.challenge = body.challenge ?? null;
    this.request = body.instance ?? response?.headers.get('X-Request-Id') ?? null;
    this.trace = body.trace_id ?? null;
    this.retryAfter = response?.headers.get('Retry-After') ?? null;
  }

  /** Whether the work may have been done although there is no answer: the same key makes sure it is done once. */
  get isUnknown() { return this.code === 'network' || this.code === 'idempotency_in_progress' || this.status >= 500; }
}

/** Whole numbers beyond what a double holds exactly stay exact. */
function exact(key, value, context) {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context.source) : value;
}

const hex = (count) => Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** `quiet` requests are not in the list of what was asked lately. */
async function send(method, path, { body, key, headers, signal, accept, quiet } = {}, token) {
  // The id is chosen here (W3C Trace Context), so that what the services remember of this request can be found.
  const trace = hex(16);
  const fields = { Accept: accept ?? 'application/json', traceparent: `00-${trace}-${hex(8)}-01`, ...headers };
  if (token) fields.Authorization = `Bearer ${token}`;
  if (body !== undefined) fields['Content-Type'] = 'application/json';
  if (key) fields['Idempotency-Key'] = key;
  const done = quiet ? () => {} : record(method, BASE + path, trace);
  try {
    const response = await fetch(BASE + path, {
      method, headers: fields, body: body === undefined ? undefined : JSON.stringify(body), signal,
      credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
    });
    const text = accept ? await response.blob() : await response.text();
    done(response);
    if (!response.ok) throw new Problem(response.status, parsed(accept ? await text.text() : text) ?? {}, response);
    return { data: accept ? text : parsed(text), response };
  } catch (error) {
    if (error instanceof Problem || error.name === 'AbortError') throw error;
    done(null);
    throw new Problem(0, { code: 'network', title: 'No answer', detail: 'The gateway could not be reached.' });
  }
}

function parsed(text) {
  if (!text) return null;
  try { return JSON.parse(text, exact); } catch { return null; }
}

/** Whoever shows forms puts here how a password is asked for; gives whether it was proved. */
export const hooks = { stepUp: async () => false };

/**
 * Sends a request as whoever is logged in. An access token that has ended is exchanged once; where a recent login is asked
 * for, the user is asked, and the request goes out again.
 */
export async function call(method, path, options = {}) {
  if (options.open) return send(method, path, options);
  await refreshed.ifNeeded();
  try {
    return await send(method, path, options, session.access);
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    if (problem.code === 'insufficient_user_authentication') {
      if (!await hooks.stepUp()) throw problem;
    } else if (!await refreshed.now()) {
      lost();
      throw problem;
    }
    return send(method, path, options, session.access);
  }
}

export const get = async (path, options) => (await call('GET', path, options)).data;
export const post = async (path, body, options) => (await call('POST', path, { ...options, body })).data;

/** A request without anybody's token. */
export const open = async (method, path, body) => (await call(method, path, { body, open: true })).data;

/** A key for `Idempotency-Key`: made once for what is to happen once. */
export const freshKey = () => crypto.randomUUID?.() ?? hex(16);

/** A list, page by page. */
export function pages(path) {
  let cursor = null;
  return {
    done: false,
    async next(limit = 20) {
      const separator = path.includes('?') ? '&' : '?';
      const page = await get(`${path}${separator}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      cursor = page.next_cursor;
      this.done = !cursor;
      return page.data;
    },
  };
}

/**
 * Follows a stream of events until `signal` says so, and comes back whenever it ends: streams of the staff last a minute, so
 * that it is asked again who watches. `on.data` gets each event's JSON, `on.state` how it stands.
 */
export async function follow(path, signal, on) {
  let pause = 1000;
  let renewed = false;
  while (!signal.aborted) {
    try {
      await refreshed.ifNeeded();
      const response = await fetch(BASE + path, {
        headers: { Accept: 'text/event-stream', Authorization: `Bearer ${session.access}` }, signal, credentials: 'omit', cache: 'no-store', redirect: 'error',
      });
      if (response.status === 401 && !renewed) {
        renewed = await refreshed.now();
        if (renewed) continue;
      }
      if (!response.ok) throw new Problem(response.status, parsed(await response.text()) ?? {}, response);
      renewed = false;
      on.state('Live', null);
      for await (const data of events(response.body)) {
        pause = 1000;
        on.data(JSON.parse(data));
      }
      await new Promise((resolve) => { setTimeout(resolve, 300); });
    } catch (error) {
      if (signal.aborted) return;
      const problem = error instanceof Problem ? error : null;
      on.state(problem && problem.status < 500 ? 'Not available' : 'Interrupted, coming back', problem);
      if (problem?.status === 401) return lost();
      if (problem && problem.status < 500 && problem.status !== 429) return;
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      pause = Math.min(pause * 2, 15_000);
    }
  }
}

/** The data of the events in a stream of bytes (WHATWG HTML section 9.2.6). */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let data = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
      else if (line === '' && data.length) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}
