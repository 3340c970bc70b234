import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerBadHost, answerBadHttp, hasOneHost } from './answer-bad-http.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { IngressLogger } from '../middleware/access-log.ts';

/** Timeouts of a connection in milliseconds, and the size of its headers. */
export interface ServerLimits {
  /** From the first byte of a request, or the connection, to the end of its headers. */
  readonly headersTimeout: number;
  /** From the end of the headers to the last byte of the body. Node's own timeout is a second longer: ours has a body. */
  readonly bodyTimeout: number;
  /** How long an idle connection stays open. */
  readonly keepAlive: number;
  readonly maxHeaderBytes: number;
  /** How long a client may take to read a finished response. */
  readonly writeTimeout: number;
  /** Open connections; further ones are closed at once. */
  readonly maxConnections: number;
  /** How often the timeouts are checked. */
  readonly checkInterval: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  headersTimeout: 10_000,
  bodyTimeout: 20_000,
  // Longer than the 60 s after which AWS and nginx close an idle connection: the load balancer must close first.
  keepAlive: 65_000,
  maxHeaderBytes: 16_384,
  writeTimeout: 30_000,
  maxConnections: 2_000,
  checkInterval: 1_000,
};

export interface ServeOptions {
  readonly app: { callback(): RequestListener };
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Default: `DEFAULT_SERVER_LIMITS`. */
  readonly limits?: Partial<ServerLimits>;
  readonly logger: IngressLogger;
}

/** A listening server. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /**
   * Stops accepting, answers the requests in flight, and resolves when every connection is closed. Connections that are still
   * open after the grace period are cut. A second call joins the first.
   */
  drain(graceMs: number): Promise<void>;
}

/**
 * Serves the ingress.
 *
 * @param options.runs is closed when draining begins, so that waiting callers get the current state of their run
 * @throws ListenError
 */
export function serveIngress(
  options: ServeOptions & { readonly runs: Pick<RunClient, 'close'> },
): Promise<RunningServer> {
  return serve(options, 'PORT', () => options.runs.close());
}

/**
 * Serves the admin port.
 *
 * @throws ListenError
 */
export function serveAdmin(options: ServeOptions): Promise<RunningServer> {
  return serve(options, 'ADMIN_PORT', () => Promise.resolve());
}

async function serve(options: ServeOptions, setting: string, onDrain: () => Promise<void>): Promise<RunningServer> {
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
  const server = createServer({
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.headersTimeout + limits.bodyTimeout + 1_000,
    keepAliveTimeout: limits.keepAlive,
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: limits.checkInterval,
    // Checked below, where the response can say what is wrong.
    requireHostHeader: false,
  });
  server.maxConnections = limits.maxConnections;
  const connections = trackConnections(server, options.logger);
  closeUnread(server, connections, limits);
  const handler = options.app.callback();
  server.on('request', (req, res) => {
    // Requests of one chunk still come in after their connection was closed.
    if (req.socket.destroyed) return;
    if (hasOneHost(req)) handler(req, res);
    else answerBadHost(res, options.logger);
  });
  // Without a listener Node asks for the body before its declared length is checked.
  server.on('checkContinue', (req, res) => server.emit('request', req, res));
  // Other expectations may be ignored (RFC 9110 section 10.1.1); Node would refuse them without a body.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  const port = await listen(server, options.host, options.port, setting);
  let drained: Promise<void> | undefined;
  return {
    url: `http://${formatAddress(reachable(options.host), port)}`,
    port,
    drain: (graceMs) => (drained ??= drain(server, connections, graceMs, onDrain)),
  };
}

/** Every open connection, with the responses in progress on it, the oldest first. */
type Connections = Map<Socket, Set<ServerResponse>>;

/** HTTP clients send one request after the other; one that pipelines more than this is no honest client. */
const MAX_PIPELINED = 16;

function trackConnections(server: Server, logger: IngressLogger): Connections {
  const connections: Connections = new Map();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (req, res) => {
    if (!server.listening) res.shouldKeepAlive = false;
    const responses = connections.get(req.socket);
    responses?.add(res);
    res.once('close', () => responses?.delete(res));
    if (responses !== undefined && responses.size > MAX_PIPELINED) req.socket.destroy();
  });
  server.on('clientError', (error: Error, socket) => {
    // Connections of an HTTP server are sockets; the type also covers other servers.
    const connection = socket as Socket;
    answerBadHttp(error, connection, [...(connections.get(connection) ?? [])].at(-1), logger);
  });
  return connections;
}

/** Closes connections whose client does not read: Node keeps a response for as long as the client likes. */
function closeUnread(server: Server, connections: Connections, limits: ServerLimits): void {
  const endedAt = new WeakMap<ServerResponse, number>();
  const check = (): void => {
    const now = performance.now();
    for (const [socket, responses] of connections) {
      for (const response of responses) {
        if (!response.writableEnded) continue;
        const ended = endedAt.get(response) ?? now;
        endedAt.set(response, ended);
        if (now - ended >= limits.writeTimeout) socket.destroy();
      }
    }
  };
  const timer = setInterval(check, limits.checkInterval).unref();
  server.once('close', () => clearInterval(timer));
}

function listen(server: Server, host: string, port: number, setting: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(new ListenError(host, port, setting, error));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function drain(
  server: Server,
  connections: Connections,
  graceMs: number,
  onDrain: () => Promise<void>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const [socket, responses] of connections) {
    for (const response of responses) response.shouldKeepAlive = false;
    // Opened in advance and never used: Node does not count these as idle.
    if (responses.size === 0 && socket.bytesRead === 0) socket.destroy();
  }
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await Promise.all([onDrain(), closed]);
  clearTimeout(grace);
}

/** The host under which this machine reaches a server that listens on every address. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

const LISTEN_HINTS: Readonly<Record<string, (setting: string) => string>> = {
  EADDRINUSE: (setting) => `is in use: stop the other process, or set ${setting} to a free port`,
  EACCES: (setting) => `needs more privileges: set ${setting} to a port above 1023`,
  EADDRNOTAVAIL: () => 'is not an address of this machine: correct HOST',
  ENOTFOUND: () => 'is not a known host: correct HOST',
};

/** Thrown when a server cannot listen on its address. The message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly host: string;
  readonly port: number;
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;

  constructor(host: string, port: number, setting: string, cause: Error & { code?: string }) {
    const code = cause.code ?? 'UNKNOWN';
    const hint = LISTEN_HINTS[code]?.(setting) ?? `cannot be listened on (${code}): check HOST and ${setting}`;
    super(`${formatAddress(host, port)} ${hint}.`, { cause });
    this.host = host;
    this.port = port;
    this.code = code;
  }
}

/** `host:port`, an IPv6 address in brackets. */
function formatAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
