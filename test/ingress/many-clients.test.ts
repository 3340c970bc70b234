import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientOrder, findSigner, type SignedDelivery } from '../../src/ingress/tasks/find-signer.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { ALPHA, startTestIngress } from '../support/test-ingress.ts';
import { problemOf } from './under-limits.ts';

const MIB = 1024 * 1024;
const CLIENTS = Array.from({ length: 50 }, (_, index) => ({
  ...ALPHA,
  id: `client-${index}`,
  webhookSecret: [`secret-of-client-${index}`],
}));
const BIG = JSON.stringify({ text: 'x'.repeat(MIB - 100) });
const SMALL = '{"text":"Hi"}';

function delivery(body: string, secret: string): SignedDelivery {
  const headers = Object.entries(hubHeaders(secret, body)).map(([name, value]) => [name.toLowerCase(), [value]]);
  return { headers: Object.fromEntries(headers), body: Buffer.from(body), now: Date.now() };
}

/** How often the search lets others go first, and whom it finds. */
function search(signed: SignedDelivery, order: ClientOrder, hint?: string): { yields: number; found?: string } {
  const steps = findSigner(signed, order.toTry(hint));
  try {
    for (let yields = 0; ; yields += 1) {
      const { done, value } = steps.next();
      if (done === true) return { yields, found: value.client };
    }
  } catch {
    return { yields: -1 };
  }
}

describe('the search for the client that signed', () => {
  test('lets others go first after each MiB, and does a small delivery at once', () => {
    const order = new ClientOrder(CLIENTS);
    assert.deepEqual(search(delivery(BIG, 'secret-of-client-49'), order), { yields: 49, found: 'client-49' });
    assert.deepEqual(search(delivery(SMALL, 'secret-of-client-49'), order), { yields: 0, found: 'client-49' });
    const part = JSON.stringify({ text: 'x'.repeat(MIB / 10) });
    assert.deepEqual(search(delivery(part, 'secret-of-client-49'), order), { yields: 5, found: 'client-49' });
  });

  test('lets others go first where thousands of secrets are tried for a small delivery, too', () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ id: `c${index}`, webhookSecret: [`secret-${index}`] }));
    const { yields } = search(delivery(SMALL, 'secret-1999'), new ClientOrder(many));
    assert.ok(yields >= 7, String(yields));
  });

  test('tries one client where it is named, and first the one that signed last', () => {
    const order = new ClientOrder(CLIENTS);
    const signed = delivery(BIG, 'secret-of-client-49');
    assert.deepEqual(search(signed, order, 'client-49'), { yields: 0, found: 'client-49' });
    order.signed('client-49');
    assert.deepEqual(search(signed, order), { yields: 0, found: 'client-49' });
    order.signed('client-7');
    assert.deepEqual(search(signed, order), { yields: 1, found: 'client-49' });
    assert.deepEqual(
      order
        .toTry(undefined)
        .map(({ id }) => id)
        .slice(0, 4),
      ['client-7', 'client-49', 'client-0', 'client-1'],
    );
  });
});

describe('forged deliveries of 1 MiB to 50 clients', () => {
  test('are refused beyond a few that wait, and who names its client, or sends little, is served meanwhile', async (t) => {
    const limits = { body: 2 * MIB, bodyTimeout: 30_000, linger: 200 };
    const ingress = await startTestIngress(t, { clients: CLIENTS, limits });
    const post = (path: string, body: string, secret: string): Promise<Response> =>
      fetch(ingress.url + path, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...hubHeaders(secret, body) },
      });
    let pending = 40;
    const forged = Promise.all(
      Array.from({ length: pending }, async () => {
        const answer = await problemOf(await post('/webhook', BIG, 'forged'));
        pending -= 1;
        return answer.join(' ');
      }),
    );
    const named = await post('/webhook/client-49', BIG, 'secret-of-client-49');
    const little = await post('/webhook', SMALL, 'secret-of-client-48');
    assert.deepEqual([named.status, little.status], [202, 202]);
    assert.ok(pending > 0, 'some are under way');
    const answers = await forged;
    assert.deepEqual([...new Set(answers)].toSorted(), ['401 signature_invalid', '503 overloaded']);
    assert.equal((await post('/webhook', BIG, 'secret-of-client-20')).status, 202);
  });
});
