import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { toProblem } from '../../protocol/problem-error.ts';
import type { ProblemCode } from '../../protocol/problems.ts';
import type { IngressLogger } from '../middleware/access-log.ts';

const BAD_HTTP: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The headers are too large: send fewer or shorter ones.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time: send it faster.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too large: omit them.'],
};

/**
 * Answers a malformed or late HTTP request with problem details and closes the connection. Node itself would answer without a
 * body.
 *
 * @param current the response in progress on this connection; once its headers are sent, nothing can be answered
 */
export function answerBadHttp(
  error: Error & { code?: string },
  socket: Socket,
  current: ServerResponse | undefined,
  logger: IngressLogger,
): void {
  if (!socket.writable || error.code === 'ECONNRESET' || current?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [code, detail] = BAD_HTTP[error.code ?? ''] ?? [
    'malformed_request',
    'The request is not valid HTTP/1.1: check the client and the proxies between it and the server.',
  ];
  // A request that reached the application has its own log line.
  const { status, title, headers, body } = toAnswer(code, detail, current === undefined ? logger : undefined);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Whether a request has the one `Host` header that RFC 9112 section 3.2 requires. */
export function hasOneHost({ headersDistinct, httpVersionMinor }: IncomingMessage): boolean {
  const hosts = headersDistinct['host']?.length ?? 0;
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0);
}

/** Answers a request with no `Host` header, or several. Node would answer the first without a body, and accept the second. */
export function answerBadHost(response: ServerResponse, logger: IngressLogger): void {
  const detail = 'HTTP/1.1 requires exactly one Host header: check the client and the proxies in between.';
  const { status, headers, body } = toAnswer('malformed_request', detail, logger);
  response.writeHead(status, headers).end(body);
}

interface Answer {
  readonly status: number;
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function toAnswer(code: ProblemCode, detail: string, logger: IngressLogger | undefined): Answer {
  const requestId = randomUUID();
  const problem = toProblem(code, detail, { request_id: requestId });
  logger?.info({ request_id: requestId, status: problem.status, problem: code }, 'request');
  const body = JSON.stringify(problem);
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  };
  return { status: problem.status, title: problem.title, headers, body };
}
