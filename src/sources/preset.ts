import type { IncomingMessage } from 'node:http';
import type { SignatureScheme } from '../signatures/scheme.ts';
import type { EventView } from './event-view.ts';

/** A delivery of a source as it came in. */
export interface RawEvent {
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
}

/**
 * Makes an event of a delivery: plain JSON values, of any shape.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export type ReadEvent = (raw: RawEvent) => unknown;

/** Why an event starts nothing; the counts by source have it as a label. */
export type IgnoreWhy = 'handshake' | 'event_type' | 'filter';

/** What a request is that is no event: answered at once, and nothing starts. */
export type Handshake =
  | { readonly kind: 'answer'; readonly body: Readonly<Record<string, string>> }
  | { readonly kind: 'ignored'; readonly why: IgnoreWhy; readonly reason: string };

/** Templates of the fields of a task, by their names in the file. */
export interface TaskTemplates {
  readonly text: string;
  readonly session_key?: string;
  readonly user_id?: string;
  readonly user_name?: string;
}

/** What is known about a kind of sender before its operator has said a word. All of it can be said otherwise in the file. */
export interface Preset {
  /** How it signs; absent where the operator must say. */
  readonly scheme?: SignatureScheme;
  readonly read: ReadEvent;
  /** Headers that templates may see beside the common ones, in lower case. */
  readonly headers: readonly string[];
  /** Templates. */
  readonly deliveryId?: string;
  readonly eventType?: string;
  readonly map: TaskTemplates;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Top-level fields of the event that may differ between two tries of one delivery. */
  readonly volatileFields?: readonly string[];
  /** @returns undefined where it is an event like any other */
  readonly handshake?: (view: EventView) => Handshake | undefined;
  /** The body to answer an accepted event with, and with 200, where the sender can't take the 202 and the run. */
  readonly acknowledge?: (view: EventView, runId: string) => object | undefined;
  /** Whether `OPTIONS` with `WebHook-Request-Origin` is answered (CloudEvents, "HTTP 1.1 Web Hooks" section 4). */
  readonly grantsOrigins?: boolean;
}
