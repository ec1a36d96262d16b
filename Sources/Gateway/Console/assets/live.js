// Live system, for admins: who calls whom how often, how fast and with what luck; breakers, limits and throttles.
import { h, s, fill, badge } from './dom.js';
import { follow } from './api.js';
import { alertOf } from './forms.js';
import { faults } from './faults.js';

const KEPT = 60;
const still = matchMedia('(prefers-reduced-motion: reduce)');
const narrow = matchMedia('(max-width: 640px)');

const rate = (value) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1));
const took = (value) => (value === null ? '–' : value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`);

/** A line of the last minute; for the eye, the number beside it says the same. */
function spark(values) {
  const top = Math.max(...values, 0.001);
  const points = values.map((value, index) => `${((index + KEPT - values.length) / (KEPT - 1)) * 120},${(30 - (value / top) * 28).toFixed(1)}`);
  return s('svg', { class: 'spark', viewBox: '0 0 120 32', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('polyline', { points: points.join(' ') }));
}

/** Where everything stands. Upright on narrow screens. */
function layout(names) {
  const upright = narrow.matches;
  const places = new Map();
  if (upright) {
    places.set('clients', [180, 44]);
    places.set('gateway', [180, 180]);
    names.forEach((name, index) => places.set(name, [(360 / names.length) * (index + 0.5), 330]));
    return { places, width: 360, height: 376 };
  }
  const height = Math.max(250, names.length * 110 + 30);
  places.set('clients', [90, height / 2]);
  places.set('gateway', [410, height / 2]);
  names.forEach((name, index) => places.set(name, [770, (height / names.length) * (index + 0.5)]));
  return { places, width: 900, height };
}

const SIZE = [158, 58];

function edgePath([ax, ay], [bx, by], upright) {
  if (upright) {
    const [from, to] = [ay + SIZE[1] / 2, by - SIZE[1] / 2];
    return `M${ax} ${from}C${ax} ${(from + to) / 2} ${bx} ${(from + to) / 2} ${bx} ${to}`;
  }
  const [from, to] = [ax + SIZE[0] / 2, bx - SIZE[0] / 2];
  return `M${from} ${ay}C${(from + to) / 2} ${ay} ${(from + to) / 2} ${by} ${to} ${by}`;
}

/** The picture: made once for a set of services, then kept up to date. */
class Topology {
  constructor(names) {
    this.names = names;
    const { places, width, height } = layout(names);
    this.edges = new Map();
    this.nodes = new Map();
    this.upright = narrow.matches;
    const lines = s('g');
    const dots = s('g');
    const boxes = s('g');
    const labels = s('g');
    for (const name of ['gateway', ...names]) {
      const [from, to] = name === 'gateway' ? ['clients', 'gateway'] : ['gateway', name];
      const path = s('path', { class: 'edge', d: edgePath(places.get(from), places.get(to), this.upright) });
      const [bx, by] = places.get(to);
      // Where the line is straight again.
      const [x, y] = this.upright ? [bx, by - SIZE[1] / 2 - 26] : [bx - SIZE[0] / 2 - (to === 'gateway' ? 81 : 66), by + (by > places.get('gateway')[1] ? 24 : -12)];
      const label = s('text', { class: 'edge-label', x, y, 'text-anchor': 'middle' });
      lines.append(path);
      labels.append(label);
      this.edges.set(name, { path, label, dots: [], group: dots, rate: 0, bad: 0, debt: 0 });
    }
    for (const [name, [x, y]] of places) {
      const box = s('rect', { class: 'node', x: x - SIZE[0] / 2, y: y - SIZE[1] / 2, width: SIZE[0], height: SIZE[1], rx: 10 });
      const state = s('text', { class: 'node-note', x, y: y + 15, 'text-anchor': 'middle' });
      boxes.append(s('g', null, box, s('text', { class: 'node-name', x, y: y + (name === 'clients' ? 5 : -4), 'text-anchor': 'middle' }, name), state));
      this.nodes.set(name, { box, state });
    }
    this.element = s('svg', { class: 'topology', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'Traffic from clients through the gateway to the services; the tables below say the same in numbers' }, lines, dots, labels, boxes);
    this.last = performance.now();
    this.tick = this.tick.bind(this);
    this.frame = requestAnimationFrame(this.tick);
  }

  update(snapshot) {
    this.edge('gateway', snapshot.requests);
    this.node('clients', '', '');
    this.node('gateway', `${snapshot.routes.length} routes in use`, '');
    for (const upstream of snapshot.upstreams) {
      this.edge(upstream.name, upstream);
      const isOpen = upstream.breaker !== 'closed';
      this.node(upstream.name, isOpen ? `breaker ${upstream.breaker.replace('_', ' ')}` : `${upstream.in_flight} in flight${upstream.waiting ? `, ${upstream.waiting} wait` : ''}`,
        upstream.breaker === 'open' || upstream.panic ? 'bad' : isOpen || upstream.waiting ? 'warn' : 'good');
    }
  }

  edge(name, traffic) {
    const edge = this.edges.get(name);
    edge.rate = traffic.rate;
    edge.bad = traffic.rate > 0 ? traffic.errors / traffic.rate : 0;
    edge.path.setAttribute('class', `edge${edge.bad > 0.01 ? ' bad' : traffic.rate > 0 ? ' busy-edge' : ''}`);
    edge.path.style.strokeWidth = String(1.5 + Math.min(6, Math.log2(1 + traffic.rate)));
    edge.label.textContent = traffic.rate > 0 ? `${rate(traffic.rate)}/s · ${took(traffic.p99_ms)}` : 'idle';
  }

  node(name, note, tone) {
    const node = this.nodes.get(name);
    node.state.textContent = note;
    node.box.setAttribute('class', `node ${tone}`);
  }

  /** Dots that run along the edges: one a request, a dozen a second at most. */
  tick(now) {
    const passed = Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    if (!still.matches) {
      for (const edge of this.edges.values()) {
        edge.debt += Math.min(12, edge.rate) * passed;
        if (edge.debt >= 1 && edge.dots.length < 24) {
          edge.debt -= Math.floor(edge.debt);
          const dot = s('circle', { class: `dot${Math.random() < edge.bad ? ' bad' : ''}`, r: 3.5 });
          edge.group.append(dot);
          edge.dots.push({ dot, at: 0 });
        }
        const length = edge.path.getTotalLength();
        for (const one of edge.dots) {
          one.at += passed / 0.9;
          const point = edge.path.getPointAtLength(Math.min(1, one.at) * length);
          one.dot.setAttribute('cx', point.x);
          one.dot.setAttribute('cy', point.y);
          if (one.at >= 1) one.dot.remove();
        }
        edge.dots = edge.dots.filter((one) => one.at < 1);
      }
    }
    this.frame = requestAnimationFrame(this.tick);
  }

  stop() { cancelAnimationFrame(this.frame); }
}

/** A table that is filled anew with each snapshot and keeps its place in the page. */
function board(name, titles) {
  const body = h('tbody');
  return {
    node: h('div.table', { role: 'region', 'aria-label': name, tabindex: '0' }, h('table', null, h('caption.out', null, name),
      h('thead', null, h('tr', null, titles.map(([title, className]) => h('th', { scope: 'col', class: className ?? null }, title)))), body)),
    show: (rows) => fill(body, rows.length ? rows.map((cells) => h('tr', null, cells.map((cell, index) => h(index ? 'td' : 'th', { scope: index ? null : 'row', class: titles[index][1] ?? null }, cell))))
      : h('tr', null, h('td.soft', { colspan: titles.length }, 'Nothing right now.'))),
  };
}

const traffic = (one) => [rate(one.rate), one.errors > 0 ? h('span.badge.bad', null, `${rate(one.errors)}/s`) : '0', took(one.p50_ms), took(one.p99_ms)];
const NUMBERS = [['Requests/s', 'num'], ['Errors', 'num'], ['p50', 'num'], ['p99', 'num']];

export function live() {
  const stage = h('div.stage');
  const state = h('span.small.soft', { role: 'status' }, 'Connecting …');
  const past = { rate: [], errors: [], p50_ms: [], p99_ms: [] };
  const tiles = Object.fromEntries([['rate', 'Requests a second'], ['errors', 'Errors a second'], ['p50_ms', 'Median'], ['p99_ms', '99th percentile']].map(([key, title]) => {
    const sum = h('span.sum');
    const line = h('div');
    return [key, { sum, line, node: h('div.card.tile', null, h('span.name', null, title), sum, line) }];
  }));
  const upstreams = board('Services', [['Service'], ['Breaker'], ...NUMBERS, ['Retries/s', 'num wide'], ['In flight', 'num wide']]);
  const routes = board('Routes', [['Route'], ...NUMBERS, ['Refused/s', 'num wide']]);
  const limits = board('Rate limits', [['Limit'], ['Allowed/s', 'num'], ['Refused/s', 'num']]);
  const throttles = board('Throttles', [['Of'], ['Inside', 'num'], ['Waiting', 'num'], ['Sent away/s', 'num']]);
  const trouble = h('div');
  let picture = null;
  let drawn = null;
  const draw = (snapshot) => {
    const names = snapshot.upstreams.map((upstream) => upstream.name);
    if (!picture || picture.names.join() !== names.join() || picture.upright !== narrow.matches) {
      picture?.stop();
      picture = new Topology(names);
      fill(stage, picture.element);
    }
    picture.update(snapshot);
    for (const [key, tile] of Object.entries(tiles)) {
      const value = snapshot.requests[key];
      if (snapshot !== drawn) past[key] = [...past[key], value ?? 0].slice(-KEPT);
      tile.sum.textContent = key.endsWith('ms') ? took(value) : rate(value);
      fill(tile.line, spark(past[key]));
    }
    drawn = snapshot;
    if (snapshot.fault_lab) lab.begin();
    upstreams.show(snapshot.upstreams.map((one) => [one.name, [badge(one.breaker, { closed: 'good', open: 'bad' }[one.breaker] ?? 'warn'), one.panic ? [' ', badge('panic', 'bad')] : null], ...traffic(one), rate(one.retries), String(one.in_flight)]));
    routes.show(snapshot.routes.slice(0, 20).map((one) => [h('span.mono', null, `${one.method} ${one.path}`), ...traffic(one), rate(one.refusals)]));
    limits.show(snapshot.limits.filter((one) => one.allowed + one.refused > 0).map((one) => [one.name, rate(one.allowed), one.refused > 0 ? h('span.badge.warn', null, rate(one.refused)) : '0']));
    throttles.show(snapshot.throttles.map((one) => [`${one.kind} ${one.name}`, String(one.in_flight), String(one.waiting), one.shed > 0 ? h('span.badge.bad', null, rate(one.shed)) : '0']));
  };
  const control = new AbortController();
  const lab = faults(control.signal);
  narrow.addEventListener('change', () => drawn && draw(drawn), { signal: control.signal });
  follow('/admin/live', control.signal, {
    data: draw,
    state: (text, problem) => {
      if (state.textContent !== text) state.textContent = text;
      fill(trouble, problem ? alertOf(problem) : null);
    },
  });
  return {
    title: 'Live system',
    node: h('div.stack', null,
      h('div.page-head', null, h('div', null, h('h1', { tabindex: '-1' }, 'Live system'), h('p.lead', null, 'This gateway and what it asks of the services, once a second.')), state),
      trouble,
      lab.banner,
      h('section.card', { 'aria-label': 'Topology' }, stage),
      h('div.grid.tiles', null, Object.values(tiles).map((tile) => tile.node)),
      h('section.card', { 'aria-labelledby': 'services' }, h('h2', { id: 'services' }, 'Services'), upstreams.node),
      h('section.card', { 'aria-labelledby': 'routes' }, h('h2', { id: 'routes' }, 'Routes of the last ten seconds'), routes.node),
      h('div.columns', null,
        h('section.card', { 'aria-labelledby': 'limits' }, h('h2', { id: 'limits' }, 'Rate limits'), limits.node),
        h('section.card', { 'aria-labelledby': 'throttles' }, h('h2', { id: 'throttles' }, 'Throttles'), throttles.node)),
      lab.panel),
    leave: () => { control.abort(); picture?.stop(); },
  };
}
