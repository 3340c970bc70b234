import type { IngressClient } from '../../src/ingress/ingress-client.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { standardHeaders } from '../support/signed-headers.ts';
import { BETA } from '../support/test-ingress.ts';

/** What the tests of limits post. */
export const BODY = '{"text":"Hi"}';

/** Few an hour, so that the window can't end within a test. */
export function hourly(count: number): Partial<IngressClient> {
  return { rateLimit: { count, windowMs: 3_600_000 } };
}

/** Posts a task signed as BETA. */
export function betaPost(url: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/json', ...standardHeaders(BETA.webhookSecret[0] ?? '', BODY) };
  return fetch(`${url}/webhook`, { method: 'POST', body: BODY, headers });
}

/** Status and code of a refusal. */
export async function problemOf(response: Response): Promise<[number, string]> {
  return [response.status, ((await response.json()) as Problem).code];
}
