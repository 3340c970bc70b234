import { createHash } from 'node:crypto';
import { type EventView, pickHeaders } from './event-view.ts';
import { type MappedTask, mapEvent } from './map-event.ts';
import type { Handshake } from './preset.ts';
import type { RawEvent } from './preset.ts';
import type { Source } from './source.ts';
import type { Template } from '../templates/template.ts';

/** The outcome of an event: a task, or an answer that starts nothing. */
export type EventVerdict =
  | Handshake
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

/**
 * Reads an event and decides its outcome. Pure: it verifies nothing and starts nothing.
 *
 * @param signedId the delivery id that the signature covers, if any
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export function judgeEvent(source: Source, raw: RawEvent, signedId: string | undefined): EventVerdict {
  const event = source.preset.read(raw);
  const base = {
    event,
    headers: pickHeaders(raw.headers, source.headers),
    source: source.name,
    body_sha256: sha256(raw.body),
  };
  const view: EventView = {
    ...base,
    event_type: readWhole(source.eventType, base, MAX_TYPE),
    delivery_id: readWhole(source.ownDeliveryId, base, MAX_ID) ?? signedId ?? findSentId(source, raw, base),
  };
  const handshake = source.preset.handshake?.(view);
  if (handshake !== undefined) return handshake;
  const ignored = findUnwanted(source, view);
  if (ignored !== undefined) return ignored;
  return { kind: 'task', task: mapEvent(source, view), view, fingerprint: fingerprintOf(source, view) };
}

function findSentId(source: Source, { headers }: RawEvent, base: object): string | undefined {
  const known = readWhole(source.presetDeliveryId, base, MAX_ID);
  if (known !== undefined || source.proof.kind === 'unsigned') return known;
  const name = source.proof.scheme.unsignedIdHeaders.find((header) => headers[header] !== undefined);
  const [id, ...more] = (name !== undefined && headers[name]) || [];
  return more.length === 0 && id !== '' ? id : undefined;
}

/** The text of a template, if every place found a value, nothing was cut and no half character was replaced. */
function readWhole(template: Template | undefined, view: object, limit: number): string | undefined {
  if (template === undefined) return undefined;
  const { text, missing, isCut, faults } = template.render(view, { limit });
  return missing.length === 0 && faults.length === 0 && !isCut && text.trim() !== '' ? text : undefined;
}

function findUnwanted({ events, filter }: Source, view: EventView): Handshake | undefined {
  if (events !== undefined && !events.some((wanted) => isOfType(view.event_type, wanted))) {
    const type =
      view.event_type === undefined ? 'without a type' : `of the type ${view.event_type.slice(0, MAX_SHOWN)}`;
    return { kind: 'ignored', why: 'event_type', reason: `events ${type} are not wanted` };
  }
  const place = filter?.findMismatch(view);
  return place === undefined
    ? undefined
    : { kind: 'ignored', why: 'filter', reason: `${place} does not match the filter` };
}

function isOfType(type: string | undefined, wanted: string): boolean {
  return wanted.endsWith('*') ? type?.startsWith(wanted.slice(0, -1)) === true : type === wanted;
}

function fingerprintOf({ preset: { volatileFields } }: Source, { event, body_sha256: whole }: EventView): string {
  if (volatileFields === undefined || typeof event !== 'object' || event === null) return whole;
  const lasting = Object.entries(event).filter(([name]) => !volatileFields.includes(name));
  return sha256(JSON.stringify(lasting));
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
