import { setTimeout as sleep } from 'node:timers/promises';
import { type RunList, runList } from '../../src/protocol/run-list.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { readEvents } from '../support/read-events.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import type { Seat } from './corner-stack.ts';

/** How a request was answered; `code` is that of a problem. */
export interface ApiAnswer {
  readonly status: number;
  readonly code: string | undefined;
  /** Whether it had to be sent again: a request that was answered 503 may have been done all the same. */
  readonly sentAgain: boolean;
}

/** The source whose tasks a person approves, for the client `steady`. */
export const ASKING = 'asking';

/** A request of a run. */
interface TaskToPost {
  readonly seat: Seat;
  readonly key: string;
  readonly text: string;
  readonly callbackUrl?: string;
}

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 30_000;
const PAUSE_MS = 500;
const COME_AGAIN = [429, 503];
/** How such a run ended stands in its history, so that a page of many takes long. */
const PAGE = 20;

/** The HTTP API of one ingress, for all clients. */
export class CornerApi {
  readonly #url: string;
  readonly #clients: Readonly<Record<Seat, { readonly webhook_secret: string; readonly api_key: string }>>;

  constructor(url: string, clients: Readonly<Record<Seat, { webhook_secret: string; api_key: string }>>) {
    this.#url = url;
    this.#clients = clients;
  }

  /** @throws Error unless it is accepted */
  async post({ seat, key, text, callbackUrl }: TaskToPost): Promise<RunResource> {
    const body = JSON.stringify({ text, callback_url: callbackUrl });
    const response = await this.#send('/webhook', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': key,
        ...hubHeaders(this.#clients[seat].webhook_secret, body),
      },
      body,
    });
    if (response.status !== 202) throw new Error(`${key} was answered ${response.status}: ${await response.text()}`);
    return runResource.parse(await response.json());
  }

  /**
   * Posts an event of the source whose tasks a person approves.
   *
   * @throws Error unless it is accepted
   */
  async postEvent({ key, text, callbackUrl }: TaskToPost): Promise<Pick<RunResource, 'id'>> {
    const body = JSON.stringify({ id: key, text, callback_url: callbackUrl });
    const headers = { 'Content-Type': 'application/json' };
    const response = await this.#send(`/hooks/${ASKING}`, { method: 'POST', headers, body });
    if (response.status !== 202) throw new Error(`${key} was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { id: string };
  }

  /** @throws Error unless it is answered 200 */
  async get(seat: Seat, runId: string): Promise<RunResource> {
    return runResource.parse(await (await this.#ask(seat, `/v1/runs/${runId}`)).json());
  }

  /** All runs of a client. */
  async list(seat: Seat): Promise<RunResource[]> {
    const runs: RunResource[] = [];
    for (let cursor: RunList['next_cursor'] = ''; cursor !== null;) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = runList.parse(await (await this.#ask(seat, `/v1/runs?limit=${PAGE}${more}`)).json());
      runs.push(...page.runs);
      cursor = page.next_cursor;
    }
    return runs;
  }

  /** Posts to `/v1/runs/:id/<action>`. */
  async act(seat: Seat, runId: string, action: 'cancel' | 'redeliver' | 'input', body?: object): Promise<ApiAnswer> {
    let sentAgain = false;
    const request = {
      method: 'POST',
      headers: { ...this.#key(seat), ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    };
    const response = await this.#send(`/v1/runs/${runId}/${action}`, request, () => (sentAgain = true));
    const { code } = (await response.json()) as { code?: string };
    return { status: response.status, code, sentAgain };
  }

  /**
   * The event stream of a run: each state that it tells, and whether the stream was ended.
   *
   * @throws when the connection breaks
   */
  async *follow(seat: Seat, runId: string, signal: AbortSignal): AsyncGenerator<RunResource | 'end', void, undefined> {
    const response = await fetch(`${this.#url}/v1/runs/${runId}/events`, { headers: this.#key(seat), signal });
    if (!response.ok) throw new Error(`the event stream was answered ${response.status}`);
    for await (const { event, data } of readEvents(response)) {
      if (event === 'run') yield runResource.parse(data);
      if (event === 'end') yield 'end';
    }
  }

  async #ask(seat: Seat, path: string): Promise<Response> {
    const response = await this.#send(path, { headers: this.#key(seat) });
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return response;
  }

  /** Sends as a good caller does: again after a 429, a 503 or no answer. */
  async #send(path: string, request: RequestInit, onRefused = (): unknown => undefined): Promise<Response> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      try {
        const response = await fetch(this.#url + path, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (!COME_AGAIN.includes(response.status) || Date.now() > end) return response;
        await response.body?.cancel();
      } catch (error) {
        if (Date.now() > end) throw error;
      }
      onRefused();
    }
  }

  #key(seat: Seat): Record<string, string> {
    return { Authorization: `Bearer ${this.#clients[seat].api_key}` };
  }
}
