/** How far a request had come. */
export type Stage =
  /** Finding the addresses. */
  | 'resolve'
  /** Until the egress proxy has connected, where there is one. */
  | 'proxy'
  /** Until TCP is connected. */
  | 'connect'
  /** Until TLS is agreed. */
  | 'tls'
  /** The request is going out; not a byte of an answer has come. */
  | 'request'
  /** Part of the answer's head has come. */
  | 'answer';

/** Thrown when a connection fails or is called off. Says where and by which code, and nothing that came over it. */
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

  /** Whether the other side was there and went away before it said anything; another try at once may do. */
  get died(): boolean {
    return this.stage !== 'answer' && (this.code === 'ECONNRESET' || this.code === 'EPIPE');
  }
}

/** A code alone: the text of an error may quote what the other side sent. */
function readCode(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause;
  return typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'UNKNOWN';
}
