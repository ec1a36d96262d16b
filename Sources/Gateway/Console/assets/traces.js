// Where the time of a request went inside the system, for admins: what gateway and services remember of its trace.
import { h, fill } from './dom.js';
import { get } from './api.js';
import { waterfall } from './requests.js';
import { isAdmin } from './session.js';

const SERVICES = ['gateway', 'user-service', 'payments-service'];

/** Each span below the one that caused it, in whichever service that was, which is named where it changes; times from the first one's beginning. */
export function rowsOf(spans) {
  const known = new Set(spans.map((span) => span.span_id));
  const below = Map.groupBy([...spans].sort((one, other) => one.start_us - other.start_us), (span) => (known.has(span.parent_span_id) ? span.parent_span_id : ''));
  const zero = Math.min(...spans.map((span) => span.start_us));
  const rows = [];
  const add = (id, depth, service) => {
    for (const span of below.get(id) ?? []) {
      const from = (span.start_us - zero) / 1000;
      const part = span.attributes['tollgate.part'];
      const name = `${span.service === service ? '' : `${span.service} · `}${span.name}${part ? ` ${part}` : ''}`;
      rows.push({ name, from, to: from + span.duration_us / 1000, depth, bad: span.error });
      add(span.span_id, depth + 1, span.service);
    }
  };
  add('', 0, '');
  return rows;
}

/** The trace of a request, which comes when it has been read; null for whoever may not read it. */
export function traceOf(entry) {
  if (!isAdmin() || !entry.trace) return null;
  const place = h('div.trace', { role: 'status' }, h('p.small.soft', null, 'Reading the trace …'));
  Promise.all(SERVICES.map((service) => get(`/admin/traces/${entry.trace}/${service}`, { quiet: true }))).then((parts) => {
    const spans = parts.flatMap((part) => part.spans);
    fill(place,
      h('h3', null, 'Inside the system'),
      h('p.small.soft', null, 'Trace ', h('code', null, entry.trace)),
      spans.length ? waterfall(rowsOf(spans)) : h('p.small.soft', null, 'Nothing is remembered of it: it never came to the gateway, others have taken its place, or another replica has it.'));
  }, (problem) => fill(place, h('p.small.soft', null, `The trace could not be read: ${problem.title ?? problem.message}.`)));
  return place;
}
