import { RuleError } from './rule-error.ts';

/** What stands after a filter's name: a text in quotes, a number, or a path that reads the event. */
export type Argument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'path'; readonly read: (view: object) => unknown };

/** Changes a value on its way into the text. */
export type Transform = (value: unknown, view: object) => unknown;

const MAX_CUT = 1_000_000;

/** Every filter: how its argument is read, and what it does. */
const FILTERS: Readonly<Record<string, (argument: Argument | undefined) => Transform>> = {
  json(argument) {
    if (argument !== undefined) throw new RuleError('gives json an argument: leave it out');
    return (value) => (isMissing(value) ? undefined : JSON.stringify(value));
  },
  default(argument) {
    if (argument === undefined) throw new RuleError('has default without a value: write | default "none"');
    if (argument.kind === 'path') return (value, view) => (isMissing(value) ? argument.read(view) : value);
    const text = argument.kind === 'text' ? argument.text : String(argument.number);
    return (value) => (isMissing(value) ? text : value);
  },
  cut(argument) {
    if (argument?.kind !== 'number' || argument.number < 1 || argument.number > MAX_CUT) {
      throw new RuleError(`has cut without a length: write | cut 200, at most ${MAX_CUT}`);
    }
    return (value) => {
      const text = toText(value);
      return text === undefined ? undefined : cutText(text, argument.number);
    };
  },
  join(argument) {
    if (argument?.kind !== 'text') throw new RuleError('has join without a text: write | join ", "');
    return (value) => (Array.isArray(value) ? joinScalars(value, argument.text) : value);
  },
};

/**
 * A filter by its name.
 *
 * @throws RuleError when there is none of that name, or when its argument is of the wrong kind
 */
export function makeTransform(name: string, argument: Argument | undefined): Transform {
  const make = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (make === undefined) {
    throw new RuleError(`has the filter "${name}", which is not known: write ${Object.keys(FILTERS).join(', ')}`);
  }
  return make(argument);
}

/** Whether there is nothing to write: no value, null, or a text or list without anything in it. */
function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A value as text: lists of plain values with commas, what is deeper as JSON. Undefined where there is nothing. */
export function toText(value: unknown): string | undefined {
  if (isMissing(value)) return undefined;
  const joined = Array.isArray(value) ? joinScalars(value, ', ') : value;
  if (typeof joined === 'string') return joined === '' ? undefined : joined;
  return typeof joined === 'number' ? String(joined) : JSON.stringify(joined);
}

/** The list as it is, where something in it is more than a plain value. */
function joinScalars(list: readonly unknown[], separator: string): unknown {
  const scalars = list.filter((entry) => entry !== null);
  return scalars.every((entry) => typeof entry !== 'object') ? scalars.map(String).join(separator) : list;
}

/** At most so many UTF-16 units, the last one a `…` where something was cut off. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
