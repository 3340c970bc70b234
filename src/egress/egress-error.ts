import type { ConnectionError, Stage } from './connection-error.ts';

export type EgressErrorClass = 'dns' | 'refused_by_policy' | 'connect' | 'tls' | 'timeout' | 'protocol';

interface EgressErrorFields {
  readonly errorClass: EgressErrorClass;
  /** The URL itself is refused, so that no later try can do better. */
  readonly final?: boolean;
  /** The IP address that was dialled last. For operators: never shown to a caller. */
  readonly address?: string | undefined;
  readonly durationMs: number;
}

/**
 * Thrown when no answer could be had. The message is ours alone, one sentence that begins with the host: what the receiver
 * sent, and addresses that the caller did not name, never stand in it.
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

/** What goes wrong at a stage: its class, and its words after the host, where `CODE` stands for the code. */
interface StageWords {
  readonly errorClass: EgressErrorClass;
  readonly failed: string;
  readonly late: string;
  readonly mend: string;
}

const STAGES: Readonly<Record<Stage, StageWords>> = {
  resolve: {
    errorClass: 'dns',
    failed: 'can not be resolved (CODE)',
    late: 'was not resolved',
    mend: 'check its DNS records',
  },
  connect: {
    errorClass: 'connect',
    failed: 'can not be reached (CODE)',
    late: 'took no connection',
    mend: 'check that the receiver runs, its port and its network',
  },
  proxy: {
    errorClass: 'connect',
    failed: 'was not reached by the egress proxy (CODE)',
    late: 'was not reached by the egress proxy',
    mend: 'check the receiver; an operator can look at the proxy, CALLBACK_PROXY (callback.proxy)',
  },
  tls: {
    errorClass: 'tls',
    failed: 'failed TLS (CODE)',
    late: 'did not finish TLS',
    mend: 'check the certificate and the TLS settings of the receiver',
  },
  request: {
    errorClass: 'connect',
    failed: 'closed without an answer (CODE)',
    late: 'did not answer',
    mend: 'look at the receiver; it should answer first and work later',
  },
  answer: {
    errorClass: 'protocol',
    failed: 'broke off its answer (CODE)',
    late: 'did not finish its headers',
    mend: 'look at the receiver and what stands before it',
  },
};

/** 403 of most proxies, 407 of smokescreen, and of others where our credentials are missing. */
const REFUSED_BY_PROXY = /^PROXY_40[37]$/;

/**
 * Words and class for a connection that failed.
 *
 * @param host as `shortHost` gives it
 */
export function describeFailure(host: string, { stage, code }: ConnectionError): [message: string, EgressErrorClass] {
  const { errorClass, failed, mend } = STAGES[stage];
  if (REFUSED_BY_PROXY.test(code)) {
    return [`${host} was refused by the egress proxy (${code}): use an address that it permits`, 'refused_by_policy'];
  }
  const answer = stage !== 'proxy';
  if (answer && code === 'HPE_HEADER_OVERFLOW')
    return [`${host} sent headers over 16 KiB: send fewer or shorter ones`, errorClass];
  if (answer && code.startsWith('HPE_')) {
    return [`${host} did not answer in HTTP (${code}): check the scheme and the port of the URL`, errorClass];
  }
  return [`${host} ${failed.replace('CODE', code)}: ${mend}`, errorClass];
}

/** Words for a deadline that passed at a stage. */
export function describeTimeout(host: string, stage: Stage, timeoutMs: number): string {
  const { late, mend } = STAGES[stage];
  // What is left of a time is never a round number.
  return `${host} ${late} within ${Number((timeoutMs / 1000).toFixed(1))} s: ${mend}`;
}

const MAX_HOST = 30;

/** A host in a failure message: the end of a long one, because Temporal's UI shows some 50 characters of a message. */
export function shortHost(host: string): string {
  return host.length <= MAX_HOST ? host : `…${host.slice(1 - MAX_HOST)}`;
}
