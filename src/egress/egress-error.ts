/** How far a request got. */
export type Stage =
  /** Finding the addresses. */
  | 'resolve'
  /** Until the egress proxy has connected, where there is one. */
  | 'proxy'
  /** Until TCP is connected. */
  | 'connect'
  /** Until TLS is agreed. */
  | 'tls'
  /** The request is going out; no byte of a response has come. */
  | 'request'
  /** Part of the response's head has come. */
  | 'answer';

/** Thrown when a connection fails or is aborted. Holds the stage and the code, and nothing that came over the connection. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly stage: Stage;
  /** The code of the system, of TLS or of the HTTP parser, such as `ECONNREFUSED`. */
  readonly code: string;

  /** @param cause an error with a code, or a code */
  constructor(stage: Stage, cause: unknown) {
    const code = readCode(cause);
    super(`${stage}: ${code}`);
    this.stage = stage;
    this.code = code;
  }

  /** Whether the receiver closed the connection before it sent anything; an immediate retry may succeed. */
  get died(): boolean {
    return this.stage !== 'answer' && (this.code === 'ECONNRESET' || this.code === 'EPIPE');
  }
}

/** Only a code: the text of an error may quote what the receiver sent. */
function readCode(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'UNKNOWN';
}

export type EgressErrorClass = 'dns' | 'refused_by_policy' | 'connect' | 'tls' | 'timeout' | 'protocol';

interface EgressErrorFields {
  readonly errorClass: EgressErrorClass;
  /** Policy refuses the URL itself, so no later attempt can succeed. */
  readonly final?: boolean;
  /** The IP address that was dialled last. For operators: never shown to a caller. */
  readonly address?: string | undefined;
  readonly durationMs: number;
}

/**
 * Thrown when no response came. The message is one sentence of ours that begins with the host. It never contains what the
 * receiver sent, or an address that the caller did not name.
 */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly errorClass: EgressErrorClass;
  readonly final: boolean;
  readonly address: string | undefined;
  readonly durationMs: number;

  constructor(message: string, fields: EgressErrorFields) {
    super(message);
    this.errorClass = fields.errorClass;
    this.final = fields.final ?? false;
    this.address = fields.address;
    this.durationMs = fields.durationMs;
  }
}

/** A failure at a stage: its class, and the words after the host, with `CODE` for the code. */
interface StageWords {
  readonly errorClass: EgressErrorClass;
  readonly failed: string;
  readonly late: string;
  readonly fix: string;
}

const STAGES: Readonly<Record<Stage, StageWords>> = {
  resolve: {
    errorClass: 'dns',
    failed: 'cannot be resolved (CODE)',
    late: 'was not resolved',
    fix: 'check its DNS records',
  },
  connect: {
    errorClass: 'connect',
    failed: 'cannot be reached (CODE)',
    late: 'did not accept a connection',
    fix: 'check that the receiver runs, and its port and network',
  },
  proxy: {
    errorClass: 'connect',
    failed: 'was not reached by the egress proxy (CODE)',
    late: 'was not reached by the egress proxy',
    fix: 'check the receiver; an operator can check the proxy, CALLBACK_PROXY (callback.proxy)',
  },
  tls: {
    errorClass: 'tls',
    failed: 'failed TLS (CODE)',
    late: 'did not finish TLS',
    fix: 'check the certificate and the TLS settings of the receiver',
  },
  request: {
    errorClass: 'connect',
    failed: 'closed without an answer (CODE)',
    late: 'did not answer',
    fix: 'check the receiver; it should answer first and work later',
  },
  answer: {
    errorClass: 'protocol',
    failed: 'broke off its response (CODE)',
    late: 'did not finish its headers',
    fix: 'check the receiver and any proxy in front of it',
  },
};

/** Most proxies answer 403; smokescreen answers 407, and so do others when our credentials are missing. */
const REFUSED_BY_PROXY = /^PROXY_40[37]$/;

/**
 * The message and class of a failed connection.
 *
 * @param host as `shortHost` gives it
 */
export function describeFailure(host: string, { stage, code }: ConnectionError): [message: string, EgressErrorClass] {
  const { errorClass, failed, fix } = STAGES[stage];
  if (REFUSED_BY_PROXY.test(code)) {
    return [
      `${host} was refused by the egress proxy (${code}): use an address that the proxy permits`,
      'refused_by_policy',
    ];
  }
  const fromReceiver = stage !== 'proxy';
  if (fromReceiver && code === 'HPE_HEADER_OVERFLOW')
    return [`${host} sent headers over 16 KiB: send fewer or shorter ones`, errorClass];
  if (fromReceiver && code.startsWith('HPE_')) {
    return [`${host} did not answer in HTTP (${code}): check the scheme and the port of the URL`, errorClass];
  }
  return [`${host} ${failed.replace('CODE', code)}: ${fix}`, errorClass];
}

/** The message for a deadline that passed at a stage. */
export function describeTimeout(host: string, stage: Stage, timeoutMs: number): string {
  const { late, fix } = STAGES[stage];
  // The rest of a deadline is never a round number.
  return `${host} ${late} within ${Number((timeoutMs / 1000).toFixed(1))} s: ${fix}`;
}

const MAX_HOST = 30;

/** A host in a failure message: only the end of a long one, because Temporal's UI shows some 50 characters of a message. */
export function shortHost(host: string): string {
  return host.length <= MAX_HOST ? host : `…${host.slice(1 - MAX_HOST)}`;
}
