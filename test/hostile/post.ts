import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/** An answer, as its sender saw it. */
export interface Reply {
  /** 0: the connection failed. */
  readonly status: number;
  readonly milliseconds: number;
}

const TIMEOUT_MS = 10_000;

/** Signs as GitHub does. */
export function hubSignature(secret: string, body: string | Buffer): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

/** Posts JSON, on connections that it keeps. Never rejects. */
export class Poster {
  readonly #agent: Agent;

  constructor(connections: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  post(url: string, body: string | Buffer, signed: Readonly<Record<string, string>>): Promise<Reply> {
    const began = performance.now();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...signed };
    return new Promise((resolve) => {
      const end = (status: number): void => resolve({ status, milliseconds: performance.now() - began });
      const sent = request(url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
        answer.on('error', () => end(0)).on('end', () => end(answer.statusCode ?? 0));
        answer.resume();
      });
      sent.on('error', () => end(0)).setTimeout(TIMEOUT_MS, () => sent.destroy());
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
