import type { IncomingMessage } from 'node:http';
import type { SignatureScheme } from '../signatures/scheme.ts';
import type { EventView } from './event-view.ts';

/** A delivery of a source as received. */
export interface RawEvent {
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
}

/**
 * Reads the event from a delivery: plain JSON values of any shape.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export type ReadEvent = (raw: RawEvent) => unknown;

/** Why an event starts nothing: a label of the counts by source. */
export type IgnoreWhy = 'handshake' | 'event_type' | 'filter';

/** A request that starts nothing and is answered at once. */
export type Handshake =
  | { readonly kind: 'answer'; readonly body: Readonly<Record<string, string>> }
  | { readonly kind: 'ignored'; readonly why: IgnoreWhy; readonly reason: string };

/** Templates of a task's fields, by their names in the file. */
export interface TaskTemplates {
  readonly text: string;
  readonly session_key?: string;
  readonly user_id?: string;
  readonly user_name?: string;
}

/** The defaults for a kind of sender. Every default can be overridden in the file. */
export interface Preset {
  /** Its row in the table of presets in `docs/sources.md`, in Markdown. */
  readonly documentation: {
    readonly verifiedBy: string;
    readonly eventType: string;
    readonly deliveryId: string;
    /** What its filter drops. */
    readonly ignores?: string;
  };
  /** How it signs. Absent: the operator must configure it. */
  readonly scheme?: SignatureScheme;
  readonly read: ReadEvent;
  /** Headers that templates may read besides the common ones, in lower case. */
  readonly headers: readonly string[];
  /** Templates. */
  readonly deliveryId?: string;
  readonly eventType?: string;
  readonly map: TaskTemplates;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Top-level fields of the event that may differ between attempts of one delivery. */
  readonly volatileFields?: readonly string[];
  /** @returns undefined for a normal event */
  readonly handshake?: (view: EventView) => Handshake | undefined;
  /** The body of a 200 for an accepted event, for senders that can't handle the 202 with the run. */
  readonly acknowledge?: (view: EventView, runId: string) => object | undefined;
  /** Whether `OPTIONS` with `WebHook-Request-Origin` is answered (CloudEvents, "HTTP 1.1 Web Hooks" section 4). */
  readonly grantsOrigins?: boolean;
}
