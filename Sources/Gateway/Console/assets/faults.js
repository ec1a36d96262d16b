// The fault lab, for admins: which services fail on purpose, and making them. Only where the lab is on.
import { h, fill, badge, announce } from './dom.js';
import { call } from './api.js';
import { alertOf, form } from './forms.js';

const EVERY = 2000;

const KINDS = {
  latency: 'Slow answers', error: 'Errors', drop: 'Dropped connections', slow_downstream: 'A slow upstream', blocked_database: 'A blocked database',
  full_queue: 'A full queue', memory_growth: 'Memory that grows', crash: 'A crash', clock_skew: 'A clock that is off',
};

const number = (name, label, min, max, value, hint) => ({
  name, label, inputmode: 'numeric', plain: true, value, hint, optional: value === undefined,
  check: (text) => (/^-?\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? null : `A whole number from ${min} to ${max}.`),
});
const choice = (name, label, options, value) => ({ name, label, type: 'select', options: options.map((one) => (Array.isArray(one) ? one : [one, one])), value });
const delay = () => [[number('milliseconds', 'Milliseconds', 0, 30000, '300'), number('jitter', 'By chance up to as many more', 0, 30000, '0')]];
const whole = new Set(['milliseconds', 'jitter', 'status', 'percentage', 'for', 'seconds', 'mebibytes_per_second', 'ceiling_mebibytes', 'bytes_per_second']);

/** What a kind asks for beside service, kind and time. */
function fieldsOf(kind, service) {
  const route = { name: 'route', label: 'Route', plain: true, optional: true, maxlength: 256, hint: service.service === 'gateway' ? 'All, or one such as /api/v1/payments; /api/v1/* for all that begin so.' : 'All, or one such as /v1/payments.' };
  const share = number('percentage', 'Of so many requests in a hundred', 1, 100, '100');
  switch (kind) {
    case 'latency': return [...delay(), [route, share]];
    case 'error': return [choice('status', 'Status', ['500', '502', '503', '504'], '503'), [route, share]];
    case 'drop': return [choice('at', 'When', [['before', 'Before the request is handled'], ['middle', 'In the middle of the answer'], ['after', 'After it is handled']], 'before'), [route, share]];
    case 'slow_downstream': return [choice('upstream', 'Upstream', service.upstreams), ...delay(), [number('bytes_per_second', 'Bytes a second at most', 100, 1e9)], [route, share]];
    case 'full_queue': return service.service === 'gateway' ? [[route, share]] : [share];
    case 'memory_growth': return [[number('mebibytes_per_second', 'MiB a second', 1, 256, '16'), number('ceiling_mebibytes', 'MiB at most', 1, 2048, '256')]];
    case 'crash': return [[route, share]];
    case 'clock_skew': return [number('seconds', 'Seconds ahead', -3600, 3600, '60', 'Negative for behind.')];
    default: return [];
  }
}

/** A fault in words. */
function told(fault) {
  const known = new Set(['id', 'service', 'kind', 'for', 'seconds_left', 'strikes', 'percentage', 'route']);
  const more = Object.entries(fault).filter(([name]) => !known.has(name)).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return [...more, fault.route ?? null, fault.percentage < 100 ? `${fault.percentage} %` : null].filter(Boolean).join(', ');
}

/** Banner and panel; both are empty until `begin` is called, because the lab is on. */
export function faults(signal) {
  const banner = h('div', { role: 'status' });
  const panel = h('div');
  const list = h('div');
  const making = h('div.making');
  let token = '';
  let services = [];
  let shape = '';
  let active = '';

  const change = async (method, path, body) => {
    await call(method, `/admin/faults${path}`, { body, headers: { 'Tollgate-Admin-Token': token } });
    await look();
  };

  const key = h('input', { id: 'admin-token', type: 'password', autocomplete: 'off', spellcheck: 'false', oninput: () => { token = key.value.trim(); } });
  const trouble = h('div');
  const ending = async (path) => {
    fill(trouble);
    try {
      await change('DELETE', path);
      announce('Ended.');
    } catch (problem) { fill(trouble, alertOf(problem)); }
  };

  function make(name, kind) {
    const on = services.filter((one) => one.state === 'on');
    const service = on.find((one) => one.service === name) ?? on[0];
    if (!service) return fill(making);
    const chosen = service.kinds.includes(kind) ? kind : service.kinds[0];
    fill(making, form({
      name: 'Begin a fault',
      fields: [
        [{ ...choice('service', 'Service', on.map((one) => one.service), service.service), onchange: (input) => remake(input, chosen, 'service') },
          { ...choice('kind', 'Kind', service.kinds.map((one) => [one, KINDS[one] ?? one]), chosen), onchange: (input) => remake(service.service, input, 'kind') }],
        ...fieldsOf(chosen, service),
        number('for', 'For so many seconds', 1, 600, '60', 'It ends by itself.'),
      ],
      submit: 'Begin',
      danger: true,
      run: async (values) => {
        const body = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined).map(([field, value]) => [field, whole.has(field) ? Number(value) : value]));
        await change('POST', '', body);
        announce(`${KINDS[values.kind] ?? values.kind}: begun.`);
      },
    }));
  }

  /** Other fields for another choice; the focus stays where it was. */
  function remake(service, kind, focus) {
    make(service.value ?? service, kind.value ?? kind);
    making.querySelector(`select[name=${focus}]`)?.focus();
  }

  function show() {
    const found = services.flatMap((one) => (one.data ?? []).map((fault) => ({ ...fault, service: one.service })));
    const names = found.map((one) => `${KINDS[one.kind] ?? one.kind} in ${one.service}`).join(', ');
    if (names !== active) {
      fill(banner, names ? h('div.alert.warn', null, h('strong', null, 'The fault lab is at work'), ` ${names}. What looks broken may be broken on purpose.`) : null);
      active = names;
    }
    const off = services.filter((one) => one.state !== 'on');
    const held = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    fill(list, found.length ? h('ul.faults', null, found.map((one) => h('li', null,
      h('span', null, badge(one.kind, 'warn'), ' ', h('strong', null, one.service), ` ${told(one)} `, h('span.soft', null, `${one.seconds_left} s left, struck ${one.strikes} times`)),
      h('button', { type: 'button', 'data-key': one.id, 'aria-label': `End ${KINDS[one.kind] ?? one.kind} in ${one.service}`, onclick: () => ending(`/${one.service}/${one.id}`) }, 'End'))))
      : h('p.soft', null, 'No fault is active.'),
    found.length > 1 ? h('button', { type: 'button', 'data-key': 'all', onclick: () => ending('') }, 'End all') : null,
    off.map((one) => h('p.small.soft', null, `${one.service}: ${one.state === 'off' ? 'its fault lab is off' : 'no answer'}.`)));
    if (held) (list.querySelector(`[data-key="${held}"]`) ?? key).focus();
    const now = JSON.stringify(services.map((one) => [one.service, one.state, one.kinds, one.upstreams]));
    if (now === shape) return;
    shape = now;
    fill(panel, h('section.card', { 'aria-labelledby': 'faults' }, h('h2', { id: 'faults' }, 'Fault lab'),
      h('p.lead', null, 'Makes a service fail on purpose. Everything ends by itself.'),
      trouble, list,
      h('div.field', null, h('label', { for: 'admin-token' }, 'Admin token'), key, h('div.hint', { id: 'admin-token-hint' }, 'Kept in the memory of this page alone. tollgate up writes it to .tollgate/keys/admin/token.')),
      making));
    make();
  }

  async function look() {
    const { data } = await call('GET', '/admin/faults', { signal, quiet: true });
    services = data.services;
    show();
  }

  let begun = false;
  /** Looks every other second, once somebody knows that the lab is on. */
  const begin = async () => {
    if (begun) return;
    begun = true;
    while (!signal.aborted) {
      try { await look(); } catch (problem) {
        if (signal.aborted || (problem.status >= 400 && problem.status < 500 && problem.status !== 429)) return;
      }
      await new Promise((resolve) => { setTimeout(resolve, EVERY); });
    }
  };
  return { banner, panel, begin };
}
