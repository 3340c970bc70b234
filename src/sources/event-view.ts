import type { IncomingMessage } from 'node:http';
import type { Scope } from '../templates/template.ts';

/** What templates and filters can read, under the names that an operator writes. */
export interface EventView {
  readonly event: unknown;
  /** Those that the source exposes, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The source's name. */
  readonly source: string;
  readonly event_type: string | undefined;
  readonly delivery_id: string | undefined;
  /** SHA-256 of the raw body, hex: an id for senders that send none. */
  readonly body_sha256: string;
}

const BASE_ROOTS = ['event', 'headers', 'source', 'body_sha256'] as const satisfies readonly (keyof EventView)[];

/** For the templates of the event type and the delivery id. */
export function baseScope(headers: readonly string[]): Scope {
  return { roots: BASE_ROOTS, headers };
}

/** For everything else: the whole view. */
export function fullScope(headers: readonly string[]): Scope {
  return { roots: [...BASE_ROOTS, 'event_type', 'delivery_id'] satisfies (keyof EventView)[], headers };
}

/** Exposed by every source. */
export const COMMON_HEADERS = ['content-type', 'user-agent'] as const;

/** Names of headers that carry a secret, or a proof made with one. `author` is neither. */
const SECRET_HEADER = /auth(?!or(?!iz))|cookie|token|secret|signature|hmac|jwt|password|api-?key|credential/i;

/** Whether a header is never exposed to templates. */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name);
}

/** The headers that a source exposes. A header that appears more than once is left out, because it is ambiguous. */
export function pickHeaders(
  headers: IncomingMessage['headersDistinct'],
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const [value, ...more] = (Object.hasOwn(headers, name) && headers[name]) || [];
      return value === undefined || more.length > 0 ? [] : [[name, value]];
    }),
  );
}
