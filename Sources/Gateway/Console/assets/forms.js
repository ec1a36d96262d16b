// Forms: labels, hints, mistakes said beside their fields, and one attempt at a time.
import { h, fill, freshId, announce, dialog } from './dom.js';
import { Problem, freshKey, hooks, call } from './api.js';
import { accept, hasSecondFactor } from './session.js';
import { parse } from './money.js';

/** A problem in words, with what support asks for. */
export function alertOf(problem, more) {
  const known = problem instanceof Problem;
  if (!known) console.error(problem);
  return h('div.alert.bad', { role: 'alert', tabindex: '-1' },
    h('strong', null, known ? problem.title : 'Something went wrong in the page'),
    known ? [problem.detail, problem.reason && ` (${problem.reason.replaceAll('_', ' ')})`] : String(problem.message ?? problem),
    problem.errors?.length ? h('ul', null, problem.errors.map((error) => h('li', null, h('code', null, error.pointer), ` ${error.detail}`))) : null,
    problem.retryAfter ? h('span', null, ` Come again in ${problem.retryAfter} s.`) : null,
    more ?? null,
    problem.request || problem.trace
      ? h('span.ids', null, problem.request && ['Request ', h('code', null, problem.request)], problem.trace && [' · Trace ', h('code', null, problem.trace)])
      : null);
}

/** An input with label, hint and a place for its mistake. */
class Field {
  constructor(spec) {
    this.spec = spec;
    this.id = freshId(spec.name);
    const described = [spec.hint && `${this.id}-hint`].filter(Boolean).join(' ') || null;
    const common = { id: this.id, name: spec.name, 'aria-describedby': described, required: spec.required, autocomplete: spec.autocomplete ?? 'off' };
    this.input = this.control(spec, common);
    if (spec.onchange) this.input.addEventListener('input', () => spec.onchange(this.input));
    this.mistake = h('div.error', { id: `${this.id}-error`, hidden: true });
    const hint = spec.hint ? h('div.hint', { id: `${this.id}-hint` }, spec.hint) : null;
    const control = spec.type === 'amount'
      ? h('div.with-unit', null, this.input, this.unit = h('span.unit', { 'aria-hidden': 'true' }, spec.currency?.() ?? ''))
      : this.input;
    this.element = spec.type === 'checkbox'
      ? h('div.field', null, h('label.check', { for: this.id }, this.input, h('span', null, spec.label)), hint, this.mistake)
      : h('div.field', null, h('label', { for: this.id }, spec.label, spec.required === false || spec.optional ? h('span.soft', null, ' (optional)') : null), control, hint, spec.extra ?? null, this.mistake);
    this.described = described;
  }

  control(spec, common) {
    switch (spec.type) {
      case 'select':
        return h('select', { ...common, autocomplete: null, onchange: spec.onchange ? () => spec.onchange(this.input) : null }, spec.options.map(([value, text, disabled]) => h('option', { value, selected: value === spec.value, disabled }, text)));
      case 'textarea': return h('textarea', { ...common, maxlength: spec.maxlength, value: spec.value ?? '' });
      case 'checkbox': return h('input', { ...common, autocomplete: null, type: 'checkbox', checked: spec.value ?? false });
      case 'amount': return h('input', { ...common, type: 'text', inputmode: 'decimal', value: spec.value ?? '', spellcheck: 'false' });
      default:
        return h('input', {
          ...common, type: spec.type ?? 'text', value: spec.value ?? '', maxlength: spec.maxlength, minlength: spec.minlength, pattern: spec.pattern,
          inputmode: spec.inputmode, spellcheck: spec.type === 'text' || !spec.type ? null : 'false', autocapitalize: spec.type === 'email' || spec.plain ? 'none' : null,
        });
    }
  }

  /** What was entered, or undefined for nothing. Passwords are taken as they are. */
  get value() {
    if (this.spec.type === 'checkbox') return this.input.checked;
    const text = this.spec.type === 'password' ? this.input.value : this.input.value.trim();
    return text === '' ? undefined : text;
  }

  /** Says what is wrong, or that nothing is. */
  say(mistake) {
    this.mistake.hidden = !mistake;
    this.mistake.textContent = mistake ?? '';
    const described = [this.described, mistake && this.mistake.id].filter(Boolean).join(' ');
    if (described) this.input.setAttribute('aria-describedby', described); else this.input.removeAttribute('aria-describedby');
    if (mistake) this.input.setAttribute('aria-invalid', 'true'); else this.input.removeAttribute('aria-invalid');
    return mistake;
  }

  check() {
    const { spec, input } = this;
    const name = spec.label.toLowerCase();
    if (spec.type === 'amount') {
      if (this.value === undefined && spec.required === false) return null;
      return parse(input.value, spec.currency()).error ?? null;
    }
    if (spec.type === 'checkbox') return spec.required && !input.checked ? 'This is needed.' : null;
    if (this.value === undefined) return spec.required === false || spec.optional ? null : `Enter ${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}.`;
    if (input.validity.typeMismatch) return spec.type === 'email' ? 'Enter an address such as ada@example.com.' : 'Enter a URL.';
    if (input.validity.tooShort || (spec.minlength && this.value.length < spec.minlength)) return `At least ${spec.minlength} characters.`;
    if (input.validity.patternMismatch) return spec.wrong ?? 'This does not look right.';
    return spec.check?.(this.value) ?? null;
  }
}

/**
 * A form. `spec`: `fields` (specs, arrays of them for a row, or elements), `submit` (the button's text), `run(values, key)`.
 *
 * With `once`, what the form does happens once: a key is made with the first attempt and goes along with every further one.
 * When it is not known what became of an attempt, the fields stay as they were sent, and the same is sent again under the same
 * key, until the outcome is known or the user starts over.
 */
export function form(spec) {
  const fields = [];
  const build = (item) => {
    if (!item) return null;
    if (Array.isArray(item)) return h('div.row', null, item.map(build));
    if (item instanceof Node) return item;
    const field = new Field(item);
    fields.push(field);
    return field.element;
  };
  const body = spec.fields.map(build);
  const problem = h('div', { hidden: true });
  const label = h('span', null, spec.submit);
  const submit = h(`button.${spec.danger ? 'danger' : 'primary'}`, { type: 'submit' }, label);
  const over = h('button', { type: 'button', hidden: true }, 'Start over');
  const element = h(`form${spec.inline ? '.inline' : ''}`, { novalidate: true, 'aria-label': spec.name ?? null, autocomplete: spec.autocomplete ?? null, method: 'post' }, problem, body,
    h('div.actions.submit', null, submit, over, spec.cancel ? h('button', { type: 'button', onclick: spec.cancel }, 'Cancel') : null));
  let busy = false;
  let key = null;
  let sent = null;

  const lock = (locked) => {
    for (const control of element.querySelectorAll('input, select, textarea')) control.disabled = locked;
    over.hidden = !locked;
    label.textContent = locked ? 'Send the same again' : spec.submit;
  };
  const values = () => Object.fromEntries(fields.map((field) => [field.spec.name,
    field.spec.type === 'amount' && field.value !== undefined ? parse(field.input.value, field.spec.currency()).amount : field.value]));
  const tell = (error) => {
    const left = (error.errors ?? []).filter(({ pointer, detail }) => {
      const field = fields.find((one) => [one.spec.pointer, `/${one.spec.name}`].includes(pointer) && !one.element.hidden);
      field?.say(`${detail[0].toUpperCase()}${detail.slice(1)}.`.replace(/\.\.$/, '.'));
      return !field;
    });
    const first = fields.find((field) => field.input.hasAttribute('aria-invalid'));
    const unknown = spec.once && error instanceof Problem && error.isUnknown;
    const more = unknown ? h('p', null, 'It is not known whether this was done. Sending the same again is safe: it happens once.') : spec.explain?.(error);
    const box = alertOf(Object.assign(Object.create(error), { errors: left }), more);
    problem.hidden = false;
    fill(problem, box);
    if (unknown) lock(true);
    (first && !unknown ? first.input : box).focus();
  };

  over.addEventListener('click', () => {
    key = sent = null;
    lock(false);
    problem.hidden = true;
    fields[0]?.input.focus();
  });
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    if (!sent) {
      const wrong = fields.filter((field) => !field.element.hidden && field.say(field.check()));
      if (wrong.length) return wrong[0].input.focus();
    }
    busy = true;
    submit.setAttribute('aria-disabled', 'true');
    submit.classList.add('busy');
    problem.hidden = true;
    try {
      const now = sent ?? values();
      if (spec.once) {
        key ??= freshKey();
        sent = now;
      }
      await spec.run(now, key);
      key = sent = null;
      lock(false);
      if (spec.clear !== false) for (const field of fields) if (field.spec.type === 'password') field.input.value = '';
    } catch (error) {
      // A refusal is an outcome: what is sent next is something else, under another key.
      if (!(error instanceof Problem && error.isUnknown)) key = sent = null;
      if (!sent) lock(false);
      tell(error);
    } finally {
      busy = false;
      submit.removeAttribute('aria-disabled');
      submit.classList.remove('busy');
    }
  });
  for (const field of fields) field.input.addEventListener('input', () => { if (field.input.hasAttribute('aria-invalid')) field.say(field.check()); });

  /** The field of a name. */
  element.field = (name) => fields.find((field) => field.spec.name === name);
  /** Shows the currencies of amounts anew. */
  element.units = () => { for (const field of fields) if (field.unit) field.unit.textContent = field.spec.currency() ?? ''; };
  element.reset = () => { for (const field of fields) { if (field.spec.type !== 'select' && field.spec.type !== 'checkbox') field.input.value = field.spec.value ?? ''; field.say(null); } };
  return element;
}

/** A group of radio buttons. */
export function choices(name, legend, options, chosen, onchange) {
  const id = freshId(name);
  return h('fieldset', null, h('legend', null, legend), h('div.choices', null, options.map(([value, text], index) =>
    h('label.check', { for: `${id}-${index}` }, h('input', { id: `${id}-${index}`, type: 'radio', name: id, value, checked: value === chosen, onchange: () => onchange(value) }), h('span', null, text)))));
}

/** A form in a dialog; gives what `run` returns, or undefined when it was left. */
export function formDialog(title, lead, spec) {
  return dialog(title, (close) => [
    lead ? h('p.soft', null, lead) : null,
    form({ ...spec, cancel: () => close(), run: async (values, key) => close(await spec.run(values, key) ?? true) }),
  ]);
}

/** Asks who it is once more, where the API wants a recent login. */
hooks.stepUp = async () => {
  let second = hasSecondFactor();
  const ask = () => formDialog('Confirm that it is you', 'This needs a login of the last five minutes.', {
    name: 'Confirm that it is you', submit: 'Confirm',
    fields: [
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
      ...(second ? [codeField()] : []),
    ],
    run: async ({ password, code }) => {
      try {
        accept((await call('POST', '/sessions/current/reauthenticate', { body: { password, ...codeOf(code) } })).data);
      } catch (problem) {
        if (problem.code !== 'second_factor_required' || second) throw problem;
        second = true;
        return 'again';
      }
    },
  });
  let answer = await ask();
  if (answer === 'again') answer = await ask();
  if (answer) announce('Confirmed.');
  return Boolean(answer);
};

/** A field for a code of the app or a recovery code. */
export const codeField = () => ({
  name: 'code', label: 'Code', autocomplete: 'one-time-code', plain: true, hint: 'Six digits of your authenticator app, or a recovery code.',
});
/** What was typed there, as the member that the API takes. */
export const codeOf = (text) => (text === undefined ? {} : /^\d{6}$/.test(text.replaceAll(' ', '')) ? { code: text.replaceAll(' ', '') } : { recovery_code: text });
