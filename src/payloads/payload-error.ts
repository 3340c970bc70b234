/** A payload that this process cannot read. The message names the key and the fix, and nothing of the payload. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';

  constructor(message: string) {
    super(message);
    // It goes to logs and into Temporal's histories, where the lines of the codec help nobody.
    this.stack = `${this.name}: ${message}`;
  }
}
