import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an `Authorization` header has one of the tokens: as a bearer token, or as the password of any user.
 *
 * Every token is hashed to one length and compared, so that the time taken reveals nothing about any of them.
 */
export function createLogin(tokens: readonly string[]): (header: string | undefined) => boolean {
  const hashes = tokens.map(sha256);
  return (header = '') => {
    const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +([\x21-\x7e]+)$/i.exec(header) ?? [];
    const given = sha256(scheme.toLowerCase() === 'basic' ? passwordOf(credentials) : credentials);
    return hashes.map((hash) => timingSafeEqual(hash, given)).includes(true);
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
