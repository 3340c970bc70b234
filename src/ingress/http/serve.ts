import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerBadHost, answerBadHttp, hasOneHost } from './answer-bad-http.ts';
import type { IngressLogger } from '../app-deps.ts';
import { formatAddress, ListenError } from './listen-error.ts';
import type { RunClient } from '../../runs/run-client.ts';

/** How long a connection may take, in milliseconds, and how large its headers may be. */
export interface ServerLimits {
  /** From the first byte of a request, or the connection, to the end of its headers. */
  readonly headersTimeout: number;
  /** From the end of the headers to the last byte of the body. The server waits a second longer, for a kinder answer. */
  readonly bodyTimeout: number;
  /** How long a connection stays open without a request. */
  readonly keepAliveTimeout: number;
  readonly maxHeaderBytes: number;
  /** How often the timeouts are looked at. */
  readonly checkInterval: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  headersTimeout: 10_000,
  bodyTimeout: 20_000,
  // Longer than the idle time of common load balancers (60 s), which must be the ones to close.
  keepAliveTimeout: 65_000,
  maxHeaderBytes: 16_384,
  checkInterval: 1_000,
};

export interface ServeOptions {
  readonly app: { callback(): RequestListener };
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Default: `DEFAULT_SERVER_LIMITS`. */
  readonly limits?: Partial<ServerLimits>;
  readonly logger: IngressLogger;
}

/** A server that listens. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /**
   * Stops accepting, answers what is in flight, and resolves once every connection is closed; whatever is still open
   * after the grace is cut. A second call joins the first.
   */
  drain(graceMs: number): Promise<void>;
}

/**
 * Serves the ingress.
 *
 * @param options.runs its waits are ended when draining begins, so that a waiting caller gets the run as it stands
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
    keepAliveTimeout: limits.keepAliveTimeout,
    maxHeaderSize: limits.maxHeaderBytes,
    connectionsCheckingInterval: limits.checkInterval,
    // Looked at below, where the answer can say what is wrong.
    requireHostHeader: false,
  });
  const connections = trackConnections(server, options.logger);
  const handler = options.app.callback();
  server.on('request', (req, res) => (hasOneHost(req) ? handler(req, res) : answerBadHost(res, options.logger)));
  // Without a listener Node asks for the body before anyone has looked at its declared length.
  server.on('checkContinue', (req, res) => server.emit('request', req, res));
  // What else is expected may be left unmet (RFC 9110 section 10.1.1); Node would refuse it without a body.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  const port = await listen(server, options.host, options.port, setting);
  let drained: Promise<void> | undefined;
  return {
    url: `http://${formatAddress(reachable(options.host), port)}`,
    port,
    drain: (graceMs) => (drained ??= drain(server, connections, graceMs, onDrain)),
  };
}

/** Every open connection with the answer that is under way on it. */
type Connections = Map<Socket, ServerResponse | undefined>;

function trackConnections(server: Server, logger: IngressLogger): Connections {
  const connections: Connections = new Map();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('request', (req, res) => {
    if (!server.listening) res.shouldKeepAlive = false;
    connections.set(req.socket, res);
    res.once('close', () => {
      if (connections.get(req.socket) === res) connections.set(req.socket, undefined);
    });
  });
  server.on('clientError', (error: Error, socket) => {
    // An http server's connections are sockets; the type is wider for those of other servers.
    const connection = socket as Socket;
    answerBadHttp(error, connection, connections.get(connection), logger);
  });
  return connections;
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
  for (const [socket, response] of connections) {
    if (response !== undefined) response.shouldKeepAlive = false;
    // Opened in advance and never used: Node does not count it as idle.
    else if (socket.bytesRead === 0) socket.destroy();
  }
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), graceMs);
  await Promise.all([onDrain(), closed]);
  clearTimeout(grace);
}

/** Where a caller on this machine reaches a server that listens at every address. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}
