import type { IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 2_097_152;

/** A refusal, as the server's framework words it. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

export interface ChatRequest {
  readonly message: string;
  readonly sessionKey: string | undefined;
}

export type ReadBody =
  { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly refusal: Refusal };

export const TOO_LARGE: Refusal = {
  status: 413,
  text: 'Failed to buffer the request body: length limit exceeded',
};

/** Reads a body of at most 2 MiB; what is over is taken in and dropped, so that the refusal can be read. */
export function readBody(request: IncomingMessage): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) resolve({ ok: false, refusal: TOO_LARGE });
      else chunks.push(chunk);
    });
    request.once('end', () => resolve({ ok: true, bytes: Buffer.concat(chunks) }));
    request.once('error', reject);
  });
}

/** Reads the body of `/chat`, in the order in which the real server finds fault with it. */
export async function readChatRequest(
  request: IncomingMessage,
): Promise<{ readonly chat: ChatRequest } | { readonly refusal: Refusal }> {
  if (!/^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')) {
    return { refusal: { status: 415, text: 'Expected request with `Content-Type: application/json`' } };
  }
  const body = await readBody(request);
  if (!body.ok) return { refusal: body.refusal };
  let value: unknown;
  try {
    value = JSON.parse(body.bytes.toString('utf8'));
  } catch {
    return {
      refusal: { status: 400, text: 'Failed to parse the request body as JSON: expected value at line 1 column 1' },
    };
  }
  const { message, session_key: sessionKey } = (value ?? {}) as Record<string, unknown>;
  if (typeof message !== 'string') return { refusal: unfit('missing field `message` at line 1 column 2') };
  if (sessionKey !== undefined && sessionKey !== null && typeof sessionKey !== 'string') {
    return { refusal: unfit('session_key: invalid type, expected a string at line 1 column 2') };
  }
  return { chat: { message, sessionKey: sessionKey ?? undefined } };
}

function unfit(why: string): Refusal {
  return { status: 422, text: `Failed to deserialize the JSON body into the target type: ${why}` };
}
