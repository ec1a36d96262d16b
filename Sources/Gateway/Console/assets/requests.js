// What was asked of the API lately, and how long each part of it took.
import { h, dialog, fill, badge } from './dom.js';

const KEPT = 30;
const log = [];
let view = null;

/** Notes a request that begins; the function that is returned notes its end. */
export function record(method, path, trace) {
  const entry = { trace, method, path: path.split('?')[0], url: new URL(path, location.href).href, began: performance.now(), at: new Date() };
  return (response) => {
    entry.took = performance.now() - entry.began;
    entry.status = response?.status ?? 0;
    entry.id = response?.headers.get('X-Request-Id') ?? null;
    entry.replayed = response?.headers.get('Idempotent-Replayed') === 'true';
    log.unshift(entry);
    log.length = Math.min(log.length, KEPT);
    show();
  };
}

// The browser tells of a request some moments after its end.
new PerformanceObserver((list) => {
  for (const timing of list.getEntries()) {
    const entry = log.find((one) => !one.timing && one.url === timing.name && Math.abs(one.began - timing.startTime) < 50);
    if (entry) entry.timing = timing;
  }
}).observe({ type: 'resource', buffered: false });

const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const outcome = (entry) => (entry.status === 0 ? 'no answer' : String(entry.status));

function show() {
  const button = document.getElementById('last-request');
  const [last] = log;
  button.hidden = false;
  button.textContent = `${last.method} ${last.path} · ${outcome(last)} · ${milliseconds(last.took)}`;
  view?.();
}

/** What `Server-Timing` says (traces and the like), then the browser's own phases. */
function phases(entry) {
  const timing = entry.timing;
  if (!timing) return [{ name: 'Whole request', from: 0, to: entry.took }];
  const zero = timing.startTime;
  const rows = [];
  const add = (name, from, to) => { if (to > from && from >= zero) rows.push({ name, from: from - zero, to: to - zero }); };
  add('Waiting in the browser', zero, timing.requestStart || timing.fetchStart);
  add('Connecting', timing.connectStart, timing.connectEnd);
  add('Gateway and services', timing.requestStart, timing.responseStart);
  for (const part of timing.serverTiming ?? []) {
    if (part.duration > 0 && timing.requestStart) {
      rows.push({ name: part.description || part.name, from: timing.requestStart - zero, to: timing.requestStart - zero + part.duration, inner: true });
    }
  }
  add('Answer coming in', timing.responseStart, timing.responseEnd);
  return rows.length ? rows : [{ name: 'Whole request', from: 0, to: entry.took }];
}

/** Bars on a common scale: `{name, from, to, bad?}` in milliseconds. */
export function waterfall(rows) {
  const end = Math.max(...rows.map((row) => row.to), 0.001);
  return h('div.bars', { role: 'list', 'aria-label': 'Waterfall' }, rows.map((row) => {
    const bar = h(`div.bar${row.bad ? '.bad' : ''}`);
    bar.style.left = `${(row.from / end) * 100}%`;
    bar.style.width = `${((row.to - row.from) / end) * 100}%`;
    const name = h('span.name', { title: row.name, role: 'listitem' }, row.name, h('span.out', null, `, from ${milliseconds(row.from)}, for ${milliseconds(row.to - row.from)}`));
    if (row.depth) name.style.paddingLeft = `${row.depth * 12}px`;
    return [name, h('div.track', { 'aria-hidden': 'true' }, bar), h('span.num.soft', { 'aria-hidden': 'true' }, milliseconds(row.to - row.from))];
  }));
}

/** Further lines about one request, from whoever has them: the trace of it, for admins; gives a node, or null. */
export const extras = { of: () => null };

/** Shows the latest requests and where the time of one of them went. */
export function open() {
  let chosen = log[0];
  return dialog('Requests of this page', (close) => {
    const detail = h('div', { 'aria-live': 'polite' });
    const list = h('div.request-list');
    const draw = () => {
      fill(detail,
        h('p', null, h('strong.mono', null, `${chosen.method} ${chosen.path}`), ' ', badge(outcome(chosen), chosen.status >= 200 && chosen.status < 400 ? 'good' : 'bad'),
          chosen.replayed ? [' ', badge('replayed')] : null),
        h('p.small.soft', null, chosen.id ? ['Request ', h('code', null, chosen.id), ', '] : null, `${milliseconds(chosen.took)} in all`),
        waterfall(phases(chosen)), extras.of(chosen));
    };
    const rows = () => fill(list, h('div.table', { role: 'region', 'aria-label': 'Latest requests', tabindex: '0' }, h('table', null, h('caption.out', null, 'Latest requests'),
      h('thead', null, h('tr', null, ['Request', 'Status', 'Time'].map((title) => h('th', { scope: 'col' }, title)))),
      h('tbody', null, log.map((entry) => h('tr', null,
        h('th', { scope: 'row' }, h('button.link.mono', { type: 'button', onclick: () => { chosen = entry; draw(); } }, `${entry.method} ${entry.path}`)),
        h('td', null, outcome(entry)), h('td.num', null, milliseconds(entry.took))))))));
    draw();
    rows();
    return [detail, list, h('div.actions', null, h('button', { type: 'button', autofocus: true, onclick: () => close() }, 'Close'))];
  }, 'large');
}
