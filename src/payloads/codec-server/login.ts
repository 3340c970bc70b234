import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const COOKIE = 'codec_session';
const SESSION_S = 12 * 3600;

/** Who may ask a codec server. */
export interface Login {
  /** Whether a request has a token, as a bearer token or as the password of any user, or the cookie of a session. */
  accepts(headers: IncomingHttpHeaders): boolean;
  /**
   * A `Set-Cookie` header. Browsers send it with what a page of the same site asks, such as the Temporal UI under the same domain.
   * They send no password along.
   */
  startSession(headers: IncomingHttpHeaders): string;
}

/**
 * A login by tokens. Without tokens it accepts everybody.
 *
 * Every token is hashed to one length and compared, so that the time taken reveals nothing about any of them.
 */
export function createLogin(tokens: readonly string[]): Login {
  const hashes = tokens.map(sha256);
  const sign = (hash: Buffer, until: string): Buffer => createHmac('sha256', hash).update(`session ${until}`).digest();
  const hasSession = (cookies: string): boolean => {
    const [, until = '', signature = ''] =
      new RegExp(`(?:^|; )${COOKIE}=(\\d{1,12})\\.([\\da-f]{64})`).exec(cookies) ?? [];
    const given = Buffer.from(signature, 'hex');
    return Number(until) * 1000 > Date.now() && hashes.some((hash) => timingSafeEqual(sign(hash, until), given));
  };
  return {
    accepts({ authorization = '', cookie = '' }) {
      if (hashes.length === 0 || hasSession(cookie)) return true;
      const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +([\x21-\x7e]+)$/i.exec(authorization) ?? [];
      const given = sha256(scheme.toLowerCase() === 'basic' ? passwordOf(credentials) : credentials);
      return hashes.map((hash) => timingSafeEqual(hash, given)).includes(true);
    },
    startSession(headers) {
      const until = String(Math.floor(Date.now() / 1000) + SESSION_S);
      const [hash = sha256('')] = hashes;
      const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
      const value = `${until}.${sign(hash, until).toString('hex')}`;
      return `${COOKIE}=${value}; Path=/; Max-Age=${SESSION_S}; HttpOnly; SameSite=Lax${secure}`;
    },
  };
}

/** RFC 7617: `user:password`, in base64. */
function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
