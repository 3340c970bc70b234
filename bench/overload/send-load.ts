import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One answer, or none. */
export interface Answer {
  /** 0: the connection failed. */
  readonly status: number;
  /** Of the problem; empty for a success. */
  readonly code: string;
  readonly milliseconds: number;
}

export interface Sender {
  readonly secret: string;
}

/** What was sent in a span of time, and what came back. */
export interface Load {
  readonly seconds: number;
  readonly answers: readonly Answer[];
  /** What could not be offered, because too much was waiting for an answer already. */
  readonly heldBack: number;
}

const BODY = JSON.stringify({ text: 'Summarise why deployment 4312 failed', user_id: 'bench' });
const TICK_MS = 5;
const BACK_OFF_MS = 250;
const MAX_WAITING = 4000;
const CONNECTIONS = 512;

/** Sends signed tasks to `/webhook`, each with a delivery id of its own, for several clients in turn. */
export class LoadSender {
  readonly #url: URL;
  readonly #signatures: readonly string[];
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS });
  #sent = 0;

  constructor(url: string, senders: readonly Sender[]) {
    this.#url = new URL('/webhook', url);
    this.#signatures = senders.map(({ secret }) => createHmac('sha256', secret).update(BODY).digest('hex'));
  }

  /** So many at once, the next as soon as one is accepted. */
  async keepBusy(atOnce: number, forMs: number): Promise<Load> {
    const answers: Answer[] = [];
    const started = performance.now();
    const one = async (): Promise<void> => {
      while (performance.now() - started < forMs) {
        const answer = await this.#send();
        answers.push(answer);
        if (answer.status !== 202) await sleep(BACK_OFF_MS);
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
        resolve({ status, code, milliseconds: performance.now() - started });
      };
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(BODY),
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
      sent.end(BODY);
    });
  }
}
