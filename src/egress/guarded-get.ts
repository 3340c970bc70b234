import { type GuardedPost, guardedPost, type PostAnswer } from './guarded-request.ts';

/** A GET of a document that is needed whole. */
export interface GuardedGet extends Pick<GuardedPost, 'url' | 'rules' | 'timeoutMs' | 'resolve' | 'proxy' | 'trust'> {
  /** Bytes that its body may have. */
  readonly maxBytes: number;
}

/**
 * Gets a document once, by the rules of `guardedPost`: no redirect is followed. A response whose body is encoded, longer than
 * `maxBytes` or not complete in time has no `content`.
 *
 * @throws EgressError when policy refuses or no response came in time
 */
export function guardedGet({ maxBytes, ...get }: GuardedGet): Promise<PostAnswer> {
  const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'garudust-temporal' };
  return guardedPost({ ...get, method: 'GET', headers, body: '', keepBytes: maxBytes });
}
