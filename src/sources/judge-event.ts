import { createHash } from 'node:crypto';
import { ProblemError } from '../protocol/problem-error.ts';
import { isRecord } from '../values/is-record.ts';
import { type EventView, pickHeaders } from './event-view.ts';
import { answerHandshake } from './handshakes.ts';
import { type MappedTask, mapEvent } from './map-event.ts';
import type { IncomingEvent, Outcome } from './preset.ts';
import type { Source } from './source.ts';
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
    };

/** Long enough for every id. A longer one is ignored: cut, it could equal another id. */
const MAX_ID = 8192;
const MAX_TYPE = 256;
const MAX_SHOWN = 80;
const MAX_BATCH = 100;

/**
 * Reads a delivery and decides the outcome of each of its events: one, or the entries of a batch. Pure: it verifies nothing and
 * starts nothing.
 *
 * @param signedId the delivery id that the signature covers, if any
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export function judgeEvents(source: Source, raw: IncomingEvent, signedId: string | undefined): readonly EventVerdict[] {
  const headers = pickHeaders(raw.headers, source.headers);
  const early = judgeByHeaders(source, raw, headers);
  if (early !== undefined) return [early];
  const read = source.read(raw);
  const batch = source.preset.batches === true && Array.isArray(read) ? (read as readonly unknown[]) : undefined;
  if (batch === undefined) return [judgeOne(source, raw, { event: read, headers, whole: raw.body, signedId })];
  const whole = viewOf(source, raw, { event: batch, headers, whole: raw.body, signedId });
  const handshake = answerHandshake(source.handshakes, 'verified', { raw, view: whole, secrets: secretsOf(source) });
  if (handshake !== undefined) return [handshake];
  if (batch.length === 0 || batch.length > MAX_BATCH) {
    const message = `has ${batch.length} events: send 1 to ${MAX_BATCH}`;
    throw new ProblemError('invalid_event', `The batch ${message}.`, [{ field: '', message }]);
  }
  return batch.map((event, index) => {
    const id = signedId === undefined || batch.length === 1 ? signedId : `${signedId}#${index}`;
    return judgeOne(source, raw, { event, headers, whole: JSON.stringify(event), signedId: id });
  });
}

interface ReadOne {
  readonly event: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly whole: Buffer | string;
  readonly signedId: string | undefined;
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
  const handshake = answerHandshake(source.handshakes, 'verified', { raw, view, secrets: secretsOf(source) });
  const ignored = handshake ?? findUnwanted(source, view);
  if (ignored !== undefined) return ignored;
  return { kind: 'task', task: mapEvent(source, view), view, fingerprint: view.body_sha256 };
}

function viewOf(source: Source, raw: IncomingEvent, { event, headers, whole, signedId }: ReadOne): EventView {
  const base = { event, headers, source: source.name, body_sha256: fingerprintOf(source.volatileFields, event, whole) };
  const known = readWhole(source.presetDeliveryId, base, MAX_ID);
  const counts = source.preset.deliveryIdCounts === true ? known : undefined;
  return {
    ...base,
    event_type: readWhole(source.eventType, base, MAX_TYPE),
    delivery_id:
      readWhole(source.ownDeliveryId, base, MAX_ID) ?? counts ?? signedId ?? known ?? findUnsignedId(source, raw),
  };
}

function secretsOf({ proof }: Source): readonly string[] {
  return proof.kind === 'signed' ? proof.secrets : [];
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
