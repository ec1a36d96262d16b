// Builds the page out of elements and text. Nothing here takes markup: what others wrote is always text.

/** An element: `h('p.soft', {id: 'a'}, 'text', child)`. Functions named `on…` are listeners. */
export function h(selector, props, ...children) {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  set(element, props);
  element.append(...flat(children));
  return element;
}

function set(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked' || name === 'disabled') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

const SVG = 'http://www.w3.org/2000/svg';

/** An element of SVG. */
export function s(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props ?? {})) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...flat(children));
  return element;
}

const ICONS = {
  overview: 'M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z',
  accounts: 'M3 8h18v11H3zM3 8l2-3h14l2 3M16 13.5h2',
  payments: 'M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4',
  send: 'M4 12l16-8-6 16-3-7z',
  deposit: 'M12 4v11M7 10l5 5 5-5M4 20h16',
  withdraw: 'M12 15V4M7 9l5-5 5 5M4 20h16',
  keys: 'M14 10a4 4 0 1 0-3.5 4L12 15.5V18h3v-3h3v-3zM7 9h.01',
  webhooks: 'M9 8a3 3 0 1 1 5 2l-2.5 5M7 12a3 3 0 1 0 2 5h6M17 13a3 3 0 1 1-2 5',
  profile: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20a7 7 0 0 1 14 0',
  security: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z',
  live: 'M3 12h4l3 8 4-16 3 8h4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4 12H2M22 12h-2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5',
  moon: 'M20 14A8 8 0 1 1 10 4a6.5 6.5 0 0 0 10 10z',
  system: 'M3 5h18v11H3zM8 20h8M12 16v4',
  check: 'M5 12l5 5L20 7',
};

/** One of the page's drawings; for the eye only. */
export function icon(name) {
  return s('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d: ICONS[name] }));
}

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Says something to everybody, screen readers included; it goes away by itself. */
let clearing;
export function announce(text) {
  const status = document.getElementById('status');
  // A modal dialog makes everything outside it inert.
  (document.querySelector('dialog[open]') ?? document.body).append(status);
  status.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => { status.textContent = ''; }, 6000);
}

let ids = 0;
/** An id that no other element has. */
export const freshId = (prefix) => `${prefix}-${++ids}`;

/** A button that does something by itself: no second click while it is at it. */
export function button(text, run, className = '') {
  const element = h('button', { type: 'button' }, text);
  if (className) element.className = className;
  let busy = false;
  element.addEventListener('click', async (event) => {
    if (busy) return;
    busy = true;
    element.setAttribute('aria-disabled', 'true');
    try { await run(event); } finally {
      busy = false;
      element.removeAttribute('aria-disabled');
    }
  });
  return element;
}

/** A modal dialog; the promise gives what `close` was called with, or undefined. Focus returns to where it was. */
export function dialog(title, build, className = '') {
  return new Promise((resolve) => {
    const id = freshId('dialog');
    const before = document.activeElement;
    let result;
    const box = h('dialog', { 'aria-labelledby': id, class: className || null });
    const close = (value) => { result = value; box.close(); };
    box.append(h('h2', { id }, title), ...flat([build(close)]));
    box.addEventListener('close', () => {
      const status = document.getElementById('status');
      if (box.contains(status)) document.body.append(status);
      box.remove();
      if (before?.isConnected) before.focus();
      resolve(result);
    });
    document.body.append(box);
    box.showModal();
  });
}

/** Asks whether to go on. */
export function confirm(title, text, action, danger = true) {
  return dialog(title, (close) => [
    h('p', null, text),
    h('div.actions', null,
      h('button', { type: 'button', onclick: () => close(false), autofocus: true }, 'Keep as it is'),
      h(`button.${danger ? 'danger' : 'primary'}`, { type: 'button', onclick: () => close(true) }, action)),
  ]);
}

/** A table with a name; `columns` are `{title, cell(row), num?, wide?}`, the first one names the row. */
export function table(name, columns, rows) {
  const className = (column) => [column.num && 'num', column.wide && 'wide'].filter(Boolean).join(' ') || null;
  const body = h('tbody');
  const add = (more) => body.append(...more.map((row) => h('tr', null, columns.map((column, index) =>
    h(index === 0 ? 'th' : 'td', { class: className(column), scope: index === 0 ? 'row' : null }, column.cell(row))))));
  add(rows);
  const element = h('div.table', { role: 'region', 'aria-label': name, tabindex: '0' }, h('table', null,
    h('caption.out', null, name),
    h('thead', null, h('tr', null, columns.map((column) => h('th', { scope: 'col', class: className(column) }, column.title)))),
    body));
  element.add = add;
  return element;
}

/** A list of names and values. */
export function facts(pairs) {
  return h('dl.facts', null, pairs.filter(Boolean).map(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}

const TONES = {
  open: 'good', succeeded: 'good', delivered: 'good', enabled: 'good', closed: '', frozen: 'warn', requires_capture: 'warn',
  processing: 'warn', pending: 'warn', failed: 'bad', dead: 'bad', disabled: 'bad', canceled: '', expired: '',
};

/** A state as a word with a colour; the word says it all. */
export function badge(state, tone = TONES[state] ?? '') {
  const element = h('span.badge', null, state.replaceAll('_', ' '));
  if (tone) element.classList.add(tone);
  return element;
}

/** A time as people read it, and exactly for machines. */
export function time(text) {
  if (!text) return '–';
  const date = new Date(text);
  return h('time', { datetime: text, title: text }, new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(date));
}

/** A text that one may want to copy. */
export function copyable(text, name) {
  return h('div.secret', null, h('code', null, text), button('Copy', async () => {
    try {
      await navigator.clipboard.writeText(text);
      announce(`${name} copied.`);
    } catch { announce('The browser does not let the page copy. Select the text.'); }
  }, 'small'));
}

/** Gives the browser a file to save. */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
