import { createHmac, randomUUID } from 'node:crypto';
import { type Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** An ingress, and what it is spoken to with. */
export interface WebhookTarget {
  readonly port: number;
  readonly agent: Agent;
  readonly secret: string;
}

interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number;
  readonly body: string;
}

/**
 * Posts a signed task, and posts it again where the ingress has too much to do, as a sender would.
 *
 * @returns the run's id
 * @throws Error with the answer where it is another refusal
 */
export async function postWebhook(target: WebhookTarget, task: object): Promise<string> {
  const body = JSON.stringify(task);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-hub-signature-256': `sha256=${createHmac('sha256', target.secret).update(body).digest('hex')}`,
    'idempotency-key': randomUUID(),
  };
  for (;;) {
    const answer = await post(target, body, headers);
    if (answer.status === 202) return (JSON.parse(answer.body) as { id: string }).id;
    if (answer.status !== 503 && answer.status !== 429) throw new Error(`${answer.status}: ${answer.body}`);
    await sleep(answer.retryAfterSeconds * 1000);
  }
}

function post({ port, agent }: WebhookTarget, body: string, headers: Record<string, string | number>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path: '/webhook', method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => {
        const retryAfterSeconds = Number(response.headers['retry-after'] ?? 1);
        resolve({ status: response.statusCode ?? 0, retryAfterSeconds, body: text });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}
