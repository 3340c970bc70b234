import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, toProblem } from '../../protocol/problems.ts';
import type { IngressLogger } from '../app-deps.ts';

const BAD_HTTP: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: [
    'headers_too_large',
    'The headers are larger than this server reads: send fewer or shorter ones.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request was not complete in time: send it faster.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['body_too_large', 'The chunk extensions are too large: leave them out.'],
};

/**
 * Answers what is no HTTP request, or not in time, and closes the connection. Node itself would answer without a body.
 *
 * @param current the answer under way on this connection; when its headers are out nothing more can be said
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
    'What arrived is not a valid HTTP/1.1 request: check the client and what stands between it and this server.',
  ];
  // A request that has reached the application has a log line of its own.
  const { status, title, headers, body } = toAnswer(code, detail, current === undefined ? logger : undefined);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Whether a request names the host that it is for as it must: RFC 9112 section 3.2. */
export function hasOneHost({ headersDistinct, httpVersionMinor }: IncomingMessage): boolean {
  const hosts = headersDistinct['host']?.length ?? 0;
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0);
}

/** Answers a request that names no host, or several. Node itself would answer the first without a body, and take the other. */
export function answerBadHost(response: ServerResponse, logger: IngressLogger): void {
  const detail = 'HTTP/1.1 wants one header Host, no more and no less: check the client and what stands in between.';
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
