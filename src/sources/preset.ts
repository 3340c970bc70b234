import type { IncomingMessage } from 'node:http';
import type { OidcOptions } from '../signatures/oidc-scheme.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import type { SigningOptions } from '../signatures/signing-options.ts';
import type { EventView } from './event-view.ts';
import type { HandshakeRule } from './handshakes.ts';

/** A delivery of a source as received. */
export interface RawEvent {
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
}

/** The same with the query of its URL. */
export interface IncomingEvent extends RawEvent {
  readonly query: URLSearchParams;
}

/**
 * Reads the event from a delivery: plain JSON values of any shape.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`
 */
export type ReadEvent = (raw: RawEvent) => unknown;

/** Why an event starts nothing: a label of the counts by source. */
export type IgnoreWhy = 'handshake' | 'event_type' | 'filter' | 'empty';

/** A request that starts nothing and is answered at once. */
export type Outcome =
  | {
      readonly kind: 'answer';
      /** An object is JSON, a text is plain text. */
      readonly body: Readonly<Record<string, string>> | string;
      readonly headers?: Readonly<Record<string, string>>;
      /** A secret that the sender has posted for a person to read. Never part of an answer. */
      readonly secret?: string;
      /** A URL of the sender that must agree before this is answered. */
      readonly confirm?: string;
    }
  | { readonly kind: 'ignored'; readonly why: IgnoreWhy; readonly reason: string }
  /** A handshake whose token is not that of the source. */
  | { readonly kind: 'refused' };

/** Templates of a task's fields, by their names in the file. */
export interface TaskTemplates {
  readonly text: string;
  readonly session_key?: string;
  readonly user_id?: string;
  readonly user_name?: string;
}

/** The defaults for a kind of sender. Every default can be overridden in the file. */
export interface Preset {
  /** Its row in the table of senders in `docs/sources.md`, in Markdown. */
  readonly documentation: {
    /** The sender's name, and its page about webhooks. */
    readonly sender: string;
    readonly page?: string;
    /** One line: what to do on the sender's side. `<url>` stands for the URL of the source. */
    readonly setUp: string;
    readonly verifiedBy: string;
    readonly eventType: string;
    /** What makes two deliveries one. */
    readonly deliveryId: string;
    /** What its filter drops. */
    readonly ignores?: string;
    /** What its block needs beside `preset` and `secret`: lines of YAML. */
    readonly settings?: readonly string[];
  };
  /** How it signs. Absent: the operator must configure it. */
  readonly scheme?: SignatureScheme;
  /** How it signs by a certificate. The operator adds what is missing. */
  readonly signing?: SigningOptions;
  /** Its tokens, where it proves itself by some. The operator adds what is missing. */
  readonly oidc?: OidcOptions;
  readonly read: ReadEvent;
  /** Where a delivery has several events, which become a run each: see `parseEventList`. */
  readonly each?: readonly string[];
  /** Headers that templates may read besides the common ones, in lower case. */
  readonly headers: readonly string[];
  /** Templates. */
  readonly deliveryId?: string;
  /** Whether `deliveryId` reads what the signature covers and counts before the id that the scheme knows. */
  readonly deliveryIdCounts?: boolean;
  readonly eventType?: string;
  readonly map: TaskTemplates;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** Fields of the event that may differ between attempts of one delivery: `pending_webhooks`, `alerts.generatorURL`. */
  readonly volatileFields?: readonly string[];
  readonly handshakes?: readonly HandshakeRule[];
  /** Status that the sender wants for an accepted event. Default: 202. */
  readonly answer?: number;
  /** The body of a 200 for an accepted event, for senders that can't handle the 202 with the run. */
  readonly acknowledge?: (view: EventView, runId: string) => object | undefined;
  /** Whether `OPTIONS` with `WebHook-Request-Origin` is answered (CloudEvents, "HTTP 1.1 Web Hooks" section 4). */
  readonly grantsOrigins?: boolean;
}
