import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problems.ts';

const MAX_LENGTH = 255;

/**
 * The id that a sender gave its delivery in an unsigned header.
 *
 * `Idempotency-Key` is a string of RFC 8941, in quotes, or the bare characters, as most senders write it:
 * draft-ietf-httpapi-idempotency-key-header-06. Without it `X-GitHub-Delivery` serves, which GitHub keeps the same on
 * a redelivery.
 *
 * @returns the id, or undefined when neither header is there
 * @throws ProblemError `invalid_idempotency_key`
 */
export function readDeliveryId(headers: IncomingMessage['headersDistinct']): string | undefined {
  return readHeader(headers, 'Idempotency-Key') ?? readHeader(headers, 'X-GitHub-Delivery');
}

function readHeader(headers: IncomingMessage['headersDistinct'], name: string): string | undefined {
  const values = headers[name.toLowerCase()];
  if (values === undefined) return undefined;
  if (values.length > 1) throw invalid(name, 'is there more than once: send it once');
  const value = (values[0] ?? '').trim();
  const key = value.startsWith('"') ? unquote(value) : bare(value);
  if (key === undefined) throw invalid(name, `must be 1 to ${MAX_LENGTH} visible ASCII characters, bare or in quotes`);
  return key;
}

function bare(value: string): string | undefined {
  return value.length <= MAX_LENGTH && /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** RFC 8941 section 3.3.3: printable ASCII, where only a quote and a backslash are escaped. */
function unquote(value: string): string | undefined {
  const inner = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/.exec(value)?.[1];
  const key = inner?.replace(/\\(["\\])/g, '$1');
  return key !== undefined && key.length > 0 && key.length <= MAX_LENGTH ? key : undefined;
}

function invalid(name: string, why: string): ProblemError {
  return new ProblemError('invalid_idempotency_key', `${name} ${why}.`, [{ field: name, message: why }]);
}
