import type { IncomingMessage } from 'node:http';

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
