import { ProblemError } from '../protocol/problem-error.ts';
import { RuleError } from '../templates/rule-error.ts';
import type { Scope, Template } from '../templates/template.ts';
import { EVERY, type FieldPath, parseFieldPath, type Step } from './field-path.ts';

/** Where a delivery holds several events, each of which becomes a run. */
export interface EventList {
  /** The path from the event to the list. */
  readonly steps: readonly Step[];
  /** The path to its outermost list, as templates write it: `event.entry`. */
  readonly root: string;
}

/** One event of a delivery, with its own bytes where it was one of several. */
export interface SplitEvent {
  readonly event: unknown;
  readonly text: string;
}

/** Asana and Meta put up to 1000 into one delivery. */
const MAX_EVENTS = 1000;
/** What stands around the events is repeated with each of them: this bounds the work, in UTF-16 units. */
const MAX_REPEATED = 16 * 1024 * 1024;

/**
 * Reads where a delivery has its events: `event` for a list of them, `event.entry[*].changes` for a list in each entry of a list.
 *
 * @throws RuleError
 */
export function parseEventList(text: string, scope: Scope): EventList {
  const path: FieldPath = parseFieldPath(text, scope);
  const [root, ...steps] = path.steps;
  if (root !== 'event') throw new RuleError(`uses "${text}", which is no part of the event: begin with event`);
  const [outermost = ''] = text.split('[*]');
  return { steps: steps.at(-1) === EVERY ? steps : [...steps, EVERY], root: outermost };
}

/**
 * Takes a delivery apart. Each event is the delivery with that entry alone in its list, so that it reads as if the sender had sent it by
 * itself; where the delivery is the list, each event is the entry. A delivery that has no such list is one event.
 *
 * @param size of the delivery, in bytes
 * @returns undefined for a delivery that is a list without entries
 * @throws ProblemError `invalid_event` for too many
 */
export function splitDelivery(
  delivery: unknown,
  lists: readonly EventList[],
  size: number,
): readonly SplitEvent[] | undefined {
  const events = lists.reduce<readonly unknown[]>(
    (before, { steps }) => before.flatMap((event) => splitAt(event, steps)),
    [delivery],
  );
  if (events.length === 0) return undefined;
  if (events.length > MAX_EVENTS) throw tooMuch(`has ${events.length} events: send at most ${MAX_EVENTS}`);
  let left = size + MAX_REPEATED;
  return events.map((event) => {
    const text = JSON.stringify(event);
    left -= text.length;
    if (left < 0) throw tooMuch('has too much around its events, which each of them repeats: send fewer at once');
    return { event, text };
  });
}

/**
 * Whether a delivery is answered as a list, which a sender can tell before it sends: always, except where the body would be the list and is
 * not, such as a CloudEvent that comes without a batch.
 */
export function isList(delivery: unknown, lists: readonly EventList[]): boolean {
  return Array.isArray(delivery) || lists.some(({ steps }) => steps[0] !== EVERY);
}

/** Whether an id that a template reads is one of the event itself. Otherwise all events of a delivery have the same. */
export function readsEvent({ fields }: Template, lists: readonly EventList[]): boolean {
  return fields.some((field) => field === 'body_sha256' || lists.some(({ root }) => field.startsWith(root)));
}

function splitAt(delivery: unknown, steps: readonly Step[]): readonly unknown[] {
  if (!Array.isArray(delivery) || steps[0] !== EVERY) return narrow(delivery, steps);
  return (delivery as readonly unknown[]).flatMap((entry) => narrow(entry, steps.slice(1)));
}

/** The value once for each entry of the lists on a path, with that entry alone in its list. Where the path ends early, once. */
function narrow(value: unknown, [step, ...below]: readonly Step[]): readonly unknown[] {
  if (step === undefined || typeof value !== 'object' || value === null) return [value];
  if (step === EVERY) {
    if (!Array.isArray(value) || value.length === 0) return [value];
    return (value as readonly unknown[]).flatMap((entry) => narrow(entry, below).map((part) => [part]));
  }
  if (Array.isArray(value) || !Object.hasOwn(value, step)) return [value];
  return narrow((value as Record<string | number, unknown>)[step], below).map((part) => ({ ...value, [step]: part }));
}

function tooMuch(what: string): ProblemError {
  return new ProblemError('invalid_event', `The delivery ${what}.`, [{ field: '', message: what }]);
}
