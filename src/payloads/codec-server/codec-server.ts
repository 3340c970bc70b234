import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { PayloadError } from '../payload-error.ts';
import { createLogin } from './login.ts';
import { readPayloads, writePayloads } from './payload-json.ts';

/** What this module logs to; a pino logger fits. */
export interface CodecServerLogger {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CodecServerOptions {
  readonly codecs: readonly PayloadCodec[];
  /** Each of them opens. Empty: no login is asked for. */
  readonly tokens: readonly string[];
  /** Of the web pages that may ask, such as `https://temporal.example.com`. */
  readonly origins: readonly string[];
  /** Largest body, in bytes. */
  readonly maxBodyBytes: number;
  readonly logger: CodecServerLogger;
}

/** One answer; a text in it is an explanation. */
interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly json?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many payloads were asked for. */
  readonly payloads?: number;
}

const TIMES = { headers: 10_000, request: 30_000 } as const;
const MAX_CONNECTIONS = 64;
const PREFLIGHT_SECONDS = 600;
/** Each also below the name of a namespace, as the CLI's `{namespace}` makes it. */
const ROUTE = /^(?:\/[^/]+)?\/(encode|decode)$/;
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="codec server", charset="UTF-8"' };

/**
 * A codec server: what the Temporal UI and CLI ask to encode and decode payloads (https://docs.temporal.io/codec-server). It keeps
 * nothing, and logs nothing of a payload.
 *
 * A request of a web page must come from one of the origins. Everything but a preflight and `/healthz` needs the login.
 */
export function createCodecServer(options: CodecServerOptions): Server {
  const { tokens, origins, logger } = options;
  const login = createLogin(tokens);

  const answer = async (req: IncomingMessage, path: string): Promise<Answer> => {
    const { origin } = req.headers;
    if (path === '/healthz') return { status: 200, body: 'ok' };
    if (origin !== undefined && !origins.includes(origin)) {
      return {
        status: 403,
        body: 'Pages of this origin may not ask: add it to CODEC_ORIGINS (codec_server.origins).',
      };
    }
    if (req.method === 'OPTIONS') return { status: 204 };
    if (!login.accepts(req.headers)) {
      return {
        status: 401,
        body: 'Send the token as "Authorization: Bearer <token>", or as the password.',
        headers: CHALLENGE,
      };
    }
    if (path === '/') {
      const headers = tokens.length === 0 ? {} : { 'Set-Cookie': login.startSession(req.headers) };
      return { status: 200, body: LOGGED_IN, headers };
    }
    const [, direction] = ROUTE.exec(path) ?? [];
    if (direction === undefined) return { status: 404, body: 'Post payloads to /encode or /decode.' };
    if (req.method !== 'POST') return { status: 405, body: 'Post payloads.', headers: { Allow: 'POST, OPTIONS' } };
    // A page can send other types without asking first.
    if (!/^application\/json\b/i.test(req.headers['content-type'] ?? '')) {
      return { status: 415, body: 'Send application/json.' };
    }
    const body = await readBody(req, options.maxBodyBytes);
    if (body === undefined) return { status: 413, body: `The body has more than ${options.maxBodyBytes} bytes.` };
    const payloads = readPayloads(body);
    if (payloads === undefined)
      return { status: 400, body: 'The body is not {"payloads": […]} with metadata and data in base64.' };
    return convert(direction === 'encode' ? encode : decode, [...options.codecs], payloads);
  };

  const server = createServer((req, res) => {
    const since = performance.now();
    const [path = '/'] = (req.url ?? '/').split('?');
    const respond = ({ status, body, json, headers, payloads }: Answer): void => {
      // What is left of a refused body is not read.
      if (!req.complete) res.setHeader('Connection', 'close');
      const text = json ?? (body === undefined ? '' : JSON.stringify({ message: body }));
      res.writeHead(status, { ...cors(req, origins), ...FIXED_HEADERS, ...headers }).end(text);
      const duration_ms = Math.round(performance.now() - since);
      const route = ROUTE.exec(path)?.[1] ?? (path === '/' || path === '/healthz' ? path : 'other');
      logger.info(
        { method: req.method, route, status, duration_ms, ...(payloads !== undefined && { payloads }) },
        'request',
      );
    };
    answer(req, path).then(respond, (error: unknown) => {
      if (req.destroyed && !req.complete) return;
      logger.error({ err: error }, 'the codec server failed');
      respond({ status: 500, body: 'The codec server failed: see its log.' });
    });
  });
  server.headersTimeout = TIMES.headers;
  server.requestTimeout = TIMES.request;
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

const FIXED_HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;

const LOGGED_IN =
  'You are logged in. In the Temporal UI, set this address as codec server and include cross-origin credentials.';

async function convert(
  by: typeof encode | typeof decode,
  codecs: PayloadCodec[],
  payloads: Payload[],
): Promise<Answer> {
  try {
    return { status: 200, json: writePayloads(await by(codecs, payloads)), payloads: payloads.length };
  } catch (error) {
    if (error instanceof PayloadError) return { status: 422, body: error.message, payloads: payloads.length };
    throw error;
  }
}

function cors({ headers }: IncomingMessage, origins: readonly string[]): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined || !origins.includes(origin)) return { Vary: 'Origin' };
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Methods': 'POST, OPTIONS',
    'Access-Control-Allow-Headers': 'Authorization, Authorization-Extras, Content-Type, X-Namespace',
    'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
  };
}

/** @returns undefined for a body that is too large */
async function readBody(req: IncomingMessage, most: number): Promise<Buffer | undefined> {
  if (Number(req.headers['content-length'] ?? 0) > most) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += (chunk as Buffer).length;
    if (length > most) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
