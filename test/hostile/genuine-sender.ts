import { randomUUID } from 'node:crypto';
import { hubSignature, Poster, type Reply } from './post.ts';

/** What a genuine sender saw in a span of time. */
export interface Seen {
  readonly sent: number;
  /** Not answered with 202, or not at all. */
  readonly refused: number;
  /** Of those that were accepted, in milliseconds; NaN where none was. */
  readonly p50: number;
  readonly p99: number;
}

export interface GenuineClient {
  readonly id: string;
  readonly secret: string;
}

/** Half of what two cores can do: beside an attack that takes a core, more would measure the machine and not the product. */
const PER_SECOND = 20;
const BODY = JSON.stringify({ text: 'Summarise why deployment 4312 failed', user_id: 'ada' });

/**
 * Sends a signed task every 50 ms, whether the last one is answered or not, of one client after the other; every second one
 * names its client in the path.
 */
export class GenuineSender {
  readonly #poster = new Poster(64);
  readonly #url: string;
  readonly #clients: readonly GenuineClient[];
  #sent = 0;

  constructor(url: string, clients: readonly GenuineClient[]) {
    this.#url = url;
    this.#clients = clients;
  }

  /** Sends until the signal is aborted, and waits for the last answers. */
  async send(signal: AbortSignal): Promise<Seen> {
    const replies: Promise<Reply>[] = [];
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        const due = ((performance.now() - began) / 1000) * PER_SECOND;
        while (replies.length < due && !signal.aborted) replies.push(this.#one());
        if (!signal.aborted) return;
        clearInterval(timer);
        resolve();
      }, 5);
    });
    return judge(await Promise.all(replies));
  }

  close(): void {
    this.#poster.close();
  }

  #one(): Promise<Reply> {
    this.#sent += 1;
    const client = this.#clients[Math.floor(this.#sent / 2) % this.#clients.length];
    if (client === undefined) throw new Error('there is no client');
    const path = this.#sent % 2 === 0 ? '/webhook' : `/webhook/${client.id}`;
    return this.#poster.post(this.#url + path, BODY, {
      'x-hub-signature-256': hubSignature(client.secret, BODY),
      'idempotency-key': randomUUID(),
    });
  }
}

function judge(replies: readonly Reply[]): Seen {
  const times = replies.flatMap(({ status, milliseconds }) => (status === 202 ? [milliseconds] : []));
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { sent: replies.length, refused: replies.length - times.length, p50: at(0.5), p99: at(0.99) };
}
