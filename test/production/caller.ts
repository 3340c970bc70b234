import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { standardHeaders } from '../support/signed-headers.ts';

/** A task that was accepted. */
export interface Accepted {
  readonly runId: string;
  /** Requests that it took. */
  readonly tries: number;
  /** Whether an earlier request had been recorded without an answer getting through. */
  readonly replayed: boolean;
}

/** An event source that does as it should: it signs, and repeats a delivery until it is accepted. */
export class Caller {
  readonly #url: () => string;
  readonly #secret: string;
  readonly #apiKey: string;
  readonly #callbackUrl: string;

  constructor(options: { url: () => string; secret: string; apiKey: string; callbackUrl: string }) {
    this.#url = options.url;
    this.#secret = options.secret;
    this.#apiKey = options.apiKey;
    this.#callbackUrl = options.callbackUrl;
  }

  /** One request for a delivery. */
  post(deliveryId: string, text: string): Promise<Response> {
    const body = JSON.stringify({ text, callback_url: this.#callbackUrl });
    const headers = { 'content-type': 'application/json', ...standardHeaders(this.#secret, body, { id: deliveryId }) };
    return fetch(`${this.#url()}/webhook`, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
  }

  /**
   * Delivers one task.
   *
   * @throws Error when it is refused, or not accepted within 60 s
   */
  async deliver(text: string, deliveryId = `msg_${randomUUID()}`): Promise<Accepted> {
    const end = Date.now() + 60_000;
    for (let tries = 1; ; tries += 1) {
      const answer = await this.post(deliveryId, text).catch(() => undefined);
      const body: unknown = await answer?.json().catch(() => undefined);
      if (answer?.status === 202) {
        const { id } = runResource.parse(body);
        return { runId: id, tries, replayed: answer.headers.get('idempotent-replayed') === 'true' };
      }
      if (answer && answer.status !== 503) throw new Error(`refused with ${answer.status}: ${JSON.stringify(body)}`);
      if (Date.now() > end) throw new Error(`not accepted after ${tries} tries in 60 s`);
      await sleep(250);
    }
  }

  /** The run as `/v1/runs/:id` shows it. */
  async run(runId: string): Promise<RunResource> {
    const headers = { authorization: `Bearer ${this.#apiKey}` };
    const answer = await fetch(`${this.#url()}/v1/runs/${runId}`, { headers, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`GET /v1/runs/${runId} answered ${answer.status}`);
    return runResource.parse(await answer.json());
  }

  /** Waits until every run fits. Answers that fail are passed over: something may just have been killed. */
  async until(what: string, runIds: readonly string[], fits: (run: RunResource) => boolean): Promise<void> {
    const end = Date.now() + 60_000;
    for (let left = runIds; left.length > 0;) {
      const still: string[] = [];
      let seen = '';
      for (const runId of left) {
        const run = await this.run(runId).catch(() => undefined);
        seen = JSON.stringify(run);
        if (run === undefined || !fits(run)) still.push(runId);
      }
      if (still.length > 0 && Date.now() > end) {
        throw new Error(`${still.length} of ${runIds.length} runs were not ${what} within 60 s, such as ${seen}`);
      }
      left = still;
      if (left.length > 0) await sleep(100);
    }
  }
}
