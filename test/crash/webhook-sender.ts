import { setTimeout as sleep } from 'node:timers/promises';
import { runResource } from '../../src/protocol/run-resource.ts';
import { hubHeaders } from '../support/signed-headers.ts';

/** One webhook that was accepted. */
export interface AcceptedWebhook {
  readonly runId: string;
  /** Requests that it took. */
  readonly tries: number;
  /** How long the slowest answer took, in milliseconds; requests without an answer don't count. */
  readonly slowestAnswerMs: number;
}

export interface WebhookSenderOptions {
  readonly url: string;
  readonly secret: string;
  readonly callbackUrl: string;
}

const COME_AGAIN = [429, 503];
const PAUSE_MS = 200;
/** A sender's own patience with one request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Posts signed webhooks as a good sender does: again after a 503, a 429 or a broken connection, with the same key. */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /**
   * Posts one webhook until it is accepted.
   *
   * @param key the `Idempotency-Key`
   * @throws Error when it is refused; the signal's reason
   */
  async send(key: string, text: string, signal: AbortSignal): Promise<AcceptedWebhook> {
    const body = JSON.stringify({ text, callback_url: this.#options.callbackUrl });
    let slowestAnswerMs = 0;
    for (let tries = 1; ; tries += 1) {
      const sentAt = performance.now();
      const answer = await this.#post(key, body);
      if (answer !== undefined) slowestAnswerMs = Math.max(slowestAnswerMs, performance.now() - sentAt);
      if (answer?.status === 202) {
        return { runId: runResource.parse(JSON.parse(answer.text)).id, tries, slowestAnswerMs };
      }
      if (answer && !COME_AGAIN.includes(answer.status))
        throw new Error(`${key} was refused with ${answer.status}: ${answer.text}`);
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }

  /** Undefined when there was no whole answer. */
  async #post(key: string, body: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const response = await fetch(`${this.#options.url}/webhook`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
          ...hubHeaders(this.#options.secret, body),
        },
        body,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined;
    }
  }
}
