import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problem-error.ts';

const MAX_LENGTH = 255;

/**
 * The delivery id in an unsigned header: `Idempotency-Key`, otherwise `X-GitHub-Delivery`, which stays the same when GitHub
 * redelivers. The key is an RFC 8941 string in quotes, or bare characters, which most senders use:
 * draft-ietf-httpapi-idempotency-key-header-06.
 *
 * @throws ProblemError `invalid_idempotency_key`
 */
export function readDeliveryId(headers: IncomingMessage['headersDistinct']): string | undefined {
  return readHeader(headers, 'Idempotency-Key') ?? readHeader(headers, 'X-GitHub-Delivery');
}

function readHeader(headers: IncomingMessage['headersDistinct'], name: string): string | undefined {
  const values = headers[name.toLowerCase()];
  if (values === undefined) return undefined;
  if (values.length > 1) throw invalidKey(name, 'was sent more than once: send it once');
  const value = (values[0] ?? '').trim();
  const key = value.startsWith('"') ? unquote(value) : bare(value);
  if (key === undefined)
    throw invalidKey(name, `must be 1 to ${MAX_LENGTH} visible ASCII characters, bare or in quotes`);
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

function invalidKey(name: string, message: string): ProblemError {
  return new ProblemError('invalid_idempotency_key', `${name} ${message}.`, [{ field: name, message }]);
}
