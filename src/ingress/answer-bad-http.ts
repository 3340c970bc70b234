import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ProblemCode, toProblem } from '../protocol/problems.ts';
import type { IngressLogger } from './app-deps.ts';

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
  const requestId = randomUUID();
  const problem = toProblem(code, detail, { request_id: requestId });
  // A request that has reached the application has a log line of its own.
  if (current === undefined) logger.info({ request_id: requestId, status: problem.status, problem: code }, 'request');
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}
