import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problem-error.ts';

/** The media type that a request declares for its body. */
export interface MediaType {
  /** Lower case, without parameters: `application/json`; empty where none was sent. */
  readonly essence: string;
  /** Whether it names no charset but UTF-8, in any case and in quotes or not; some senders write `utf8`. */
  readonly isUtf8: boolean;
  /** The header as it was sent. */
  readonly given: string;
}

/** Reads `Content-Type` (RFC 9110 section 8.3). */
export function readMediaType(headers: IncomingMessage['headersDistinct']): MediaType {
  const given = headers['content-type']?.join(', ') ?? '';
  const [essence = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return { essence, isUtf8: charset === undefined || /^"?utf-?8"?$/.test(charset), given };
}

/** Whether it is JSON in UTF-8: `application/json`, or a type that ends with `+json`. */
export function isJson({ essence, isUtf8 }: MediaType): boolean {
  return isUtf8 && /^application\/(?:json|[\w.!#$&^-]+\+json)$/.test(essence);
}

/**
 * The refusal of a media type.
 *
 * @param fix what to send instead, as it follows `send `
 */
export function unsupportedMediaType({ given }: MediaType, fix: string): ProblemError {
  const what = given === '' ? 'No Content-Type' : `Content-Type "${given.slice(0, 80)}"`;
  return new ProblemError('unsupported_media_type', `${what}: send ${fix}.`);
}
