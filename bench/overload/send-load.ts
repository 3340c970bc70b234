import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** One answer, or none. */
export interface Answer {
  /** 0: the connection failed. */
  readonly status: number;
  /** Of the problem; empty for a success. */
  readonly code: string;
  readonly milliseconds: number;
  /** Of an accepted task. */
  readonly runId?: string;
}

/** What was sent in a span of time, and what came back. */
export interface Load {
  readonly seconds: number;
  readonly answers: readonly Answer[];
  /** What could not be offered, because too much was waiting for an answer already. */
  readonly heldBack: number;
}

const TASK = { text: 'Summarise why deployment 4312 failed', user_id: 'bench' };
const TICK_MS = 5;
const BACK_OFF_MS = 250;
const MAX_WAITING = 4000;
const CONNECTIONS = 512;
const PRIORITY = 10;

/** Sends signed tasks to `/webhook`, each with a delivery id of its own, for several clients in turn. */
export class LoadSender {
  readonly #url: URL;
  readonly #signatures: readonly string[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });
  readonly #body: string;
  #sent = 0;

  /** @param callbackUrl where runs report their ends; absent: nowhere */
  constructor(url: string, secrets: readonly string[], callbackUrl?: string) {
    this.#url = new URL('/webhook', url);
    // Who sends would have a machine of its own. What is started from now on inherits it.
    setPriority(PRIORITY);
    this.#body = JSON.stringify({ ...TASK, ...(callbackUrl !== undefined && { callback_url: callbackUrl }) });
    this.#signatures = secrets.map((secret) => createHmac('sha256', secret).update(this.#body).digest('hex'));
  }

  /**
   * So many at once, the next as soon as one is accepted, and a quarter of a second after one was refused.
   *
   * @param accepted waits before the next one
   */
  async keepBusy(
    atOnce: number,
    forMs: number,
    accepted: (runId: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<Load> {
    const answers: Answer[] = [];
    const started = performance.now();
    const one = async (): Promise<void> => {
      while (performance.now() - started < forMs) {
        const answer = await this.#send();
        answers.push(answer);
        if (answer.runId === undefined) await sleep(BACK_OFF_MS);
        else await accepted(answer.runId);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return { seconds: (performance.now() - started) / 1000, answers, heldBack: 0 };
  }

  /** So many a second, whether they are answered or not. */
  async offer(perSecond: number, forMs: number): Promise<Load> {
    const answers: Answer[] = [];
    const waiting = new Set<Promise<void>>();
    const started = performance.now();
    let due = 0;
    let heldBack = 0;
    for (let now = started; now - started < forMs; now = performance.now()) {
      const target = Math.floor(((now - started) / 1000) * perSecond);
      for (; due < target; due += 1) {
        if (waiting.size >= MAX_WAITING) {
          heldBack += 1;
          continue;
        }
        const sent = this.#send().then((answer) => void answers.push(answer));
        waiting.add(sent);
        void sent.finally(() => waiting.delete(sent));
      }
      await sleep(TICK_MS);
    }
    const seconds = (performance.now() - started) / 1000;
    await Promise.all(waiting);
    return { seconds, answers, heldBack };
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(): Promise<Answer> {
    const signature = this.#signatures[this.#sent++ % this.#signatures.length] ?? '';
    const started = performance.now();
    return new Promise((resolve) => {
      const answered = (status: number, body: string): void => {
        const code = status === 202 || status === 0 ? '' : (/"code":"(\w+)"/.exec(body)?.[1] ?? 'unknown');
        const runId = status === 202 ? /"id":"([\w-]+)"/.exec(body)?.[1] : undefined;
        resolve({ status, code, milliseconds: performance.now() - started, ...(runId !== undefined && { runId }) });
      };
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(this.#body),
        'X-Hub-Signature-256': `sha256=${signature}`,
        'Idempotency-Key': randomUUID(),
      };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => answered(response.statusCode ?? 0, body));
        response.on('error', () => answered(0, ''));
      });
      sent.on('error', () => answered(0, ''));
      sent.end(this.#body);
    });
  }
}
