import { createHash } from 'node:crypto';
import { isRecord } from '../values/is-record.ts';
import { type EventView, pickHeaders } from './event-view.ts';
import { answerHandshake } from './handshakes.ts';
import { type MappedTask, mapEvent } from './map-event.ts';
import type { IncomingEvent, Outcome } from './preset.ts';
import type { Source } from './source.ts';
import { isList, readsEvent, splitDelivery } from './split-delivery.ts';
import type { Template } from '../templates/template.ts';

/** The outcome of an event: a task, or an answer that starts nothing. */
export type EventVerdict =
  | Outcome
  | {
      readonly kind: 'task';
      readonly task: MappedTask;
      readonly view: EventView;
      /** SHA-256, hex, of what is the same in every attempt of a delivery. */
      readonly fingerprint: string;
      /** Whether its delivery is a list of events, which may have one entry. */
      readonly listed: boolean;
    };

/** Long enough for every id. A longer one is ignored: cut, it could equal another id. */
const MAX_ID = 8192;
const MAX_TYPE = 256;
const MAX_SHOWN = 80;

/**
 * Reads a delivery and decides the outcome of each of its events: one, or those that `each` finds. Pure: it verifies nothing and
 * starts nothing.
 *
 * @param signedId the delivery id that the signature covers, if any
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export function judgeEvents(source: Source, raw: IncomingEvent, signedId: string | undefined): readonly EventVerdict[] {
  const headers = pickHeaders(raw.headers, source.headers);
  const early = judgeByHeaders(source, raw, headers);
  if (early !== undefined) return [early];
  const event = source.read(raw);
  const whole = { event, headers, whole: raw.body, signedId };
  if (source.each.length === 0) return [judgeOne(source, raw, whole)];
  const handshake = source.handshakes.length > 0 && answerAsked(source, raw, viewOf(source, raw, whole));
  if (handshake) return [handshake];
  const events = splitDelivery(event, source.each, raw.body.length);
  if (events === undefined) return [{ kind: 'ignored', why: 'empty', reason: 'the delivery has no events' }];
  return events.map((one, index) =>
    judgeOne(source, raw, {
      event: one.event,
      headers,
      whole: one.text,
      signedId,
      listed: isList(event, source.each),
      ...(events.length > 1 && { place: index }),
    }),
  );
}

interface ReadOne {
  readonly event: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly whole: Buffer | string;
  readonly signedId: string | undefined;
  readonly listed?: boolean;
  /** Among the events of its delivery, where it has several. */
  readonly place?: number;
}

/** What a header decides is decided before a body of many megabytes is parsed. */
function judgeByHeaders(
  source: Source,
  raw: IncomingEvent,
  headers: Readonly<Record<string, string>>,
): Outcome | undefined {
  const { eventType, events } = source;
  if (eventType === undefined || eventType.fields.length === 0) return undefined;
  if (!eventType.fields.every((field) => /^headers\b/.test(field))) return undefined;
  const base = { event: undefined, headers, source: source.name, body_sha256: '' };
  const view = { ...base, event_type: readWhole(eventType, base, MAX_TYPE), delivery_id: undefined };
  const handshakes = source.handshakes.filter(({ rule }) => rule.kind === 'ignore');
  const outcome = answerHandshake(handshakes, 'verified', { raw, view, secrets: [] });
  return outcome ?? (events === undefined ? undefined : findOtherType(events, view.event_type));
}

function judgeOne(source: Source, raw: IncomingEvent, one: ReadOne): EventVerdict {
  const view = viewOf(source, raw, one);
  const ignored = answerAsked(source, raw, view) ?? findUnwanted(source, view);
  if (ignored !== undefined) return ignored;
  const { listed = false } = one;
  return { kind: 'task', task: mapEvent(source, view), view, fingerprint: view.body_sha256, listed };
}

function viewOf(source: Source, raw: IncomingEvent, one: ReadOne): EventView {
  const { event, headers, whole } = one;
  const base = { event, headers, source: source.name, body_sha256: fingerprintOf(source.volatileFields, event, whole) };
  return {
    ...base,
    event_type: readWhole(source.eventType, base, MAX_TYPE),
    delivery_id: findId(source, raw, one, base),
  };
}

/** The id of the event itself; where it has none, that of its delivery, in which several events have their place. */
function findId(
  source: Source,
  raw: IncomingEvent,
  { signedId, place }: ReadOne,
  base: Omit<EventView, 'event_type' | 'delivery_id'>,
): string | undefined {
  const inDelivery = (id: string | undefined) => (id === undefined || place === undefined ? id : `${id}#${place}`);
  const read = (template: Template | undefined) => {
    const id = readWhole(template, base, MAX_ID);
    return template === undefined || readsEvent(template, source.each) ? id : inDelivery(id);
  };
  const known = read(source.presetDeliveryId);
  const counts = source.preset.deliveryIdCounts === true ? known : undefined;
  const id =
    read(source.ownDeliveryId) ?? counts ?? inDelivery(signedId) ?? known ?? inDelivery(findUnsignedId(source, raw));
  // Without one a delivery that was recorded in part would be recorded twice when it comes again.
  return id ?? (place === undefined ? undefined : inDelivery(sha256(raw.body)));
}

function answerAsked({ handshakes, proof }: Source, raw: IncomingEvent, view: EventView): Outcome | undefined {
  return answerHandshake(handshakes, 'verified', { raw, view, secrets: proof.kind === 'signed' ? proof.secrets : [] });
}

function findUnsignedId({ proof }: Source, { headers }: IncomingEvent): string | undefined {
  if (proof.kind !== 'signed') return undefined;
  const name = proof.scheme.unsignedIdHeaders.find((header) => headers[header] !== undefined);
  const [id, ...more] = (name !== undefined && headers[name]) || [];
  return more.length === 0 && id !== '' ? id : undefined;
}

/** The text of a template, if every place found a value, nothing was cut and no half character was replaced. */
function readWhole(template: Template | undefined, view: object, limit: number): string | undefined {
  if (template === undefined) return undefined;
  const { text, missing, isCut, faults } = template.render(view, { limit });
  return missing.length === 0 && faults.length === 0 && !isCut && text.trim() !== '' ? text : undefined;
}

function findUnwanted({ events, filter }: Source, view: EventView): Outcome | undefined {
  const other = events && findOtherType(events, view.event_type);
  if (other !== undefined) return other;
  const place = filter?.findMismatch(view);
  return place === undefined
    ? undefined
    : { kind: 'ignored', why: 'filter', reason: `${place} does not match the filter` };
}

function findOtherType(events: readonly string[], type: string | undefined): Outcome | undefined {
  if (events.some((wanted) => isOfType(type, wanted))) return undefined;
  const named = type === undefined ? 'without a type' : `of the type ${type.slice(0, MAX_SHOWN)}`;
  return { kind: 'ignored', why: 'event_type', reason: `events ${named} are not wanted` };
}

function isOfType(type: string | undefined, wanted: string): boolean {
  return wanted.endsWith('*') ? type?.startsWith(wanted.slice(0, -1)) === true : type === wanted;
}

function fingerprintOf(volatile: readonly string[], event: unknown, whole: Buffer | string): string {
  if (volatile.length === 0 || typeof event !== 'object' || event === null) return sha256(whole);
  return sha256(JSON.stringify(volatile.reduce((rest, path) => without(rest, path.split('.')), event as unknown)));
}

/** A value without the field at a path, which leads through lists. */
function without(value: unknown, [name = '', ...below]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => without(entry, [name, ...below]));
  if (!isRecord(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: found, ...rest } = value;
  return below.length === 0 ? rest : { ...value, [name]: without(found, below) };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
