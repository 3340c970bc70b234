export type DevServerErrorCode = 'PORT_IN_USE' | 'DATABASE' | 'NOT_READY' | 'FAILED';

/** Thrown when a Temporal dev server can't be started. The message is one sentence: what, and how to mend it. */
export class DevServerError extends Error {
  override readonly name = 'DevServerError';
  readonly code: DevServerErrorCode;

  constructor(code: DevServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
