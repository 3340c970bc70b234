import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCheckUrl } from '../../src/egress/check-url.ts';
import { guardedPost, type PostAnswer } from '../../src/egress/guarded-request.ts';
import { createResolveHost, type ResolveHost } from '../../src/egress/resolve-host.ts';
import { waitFor } from '../support/wait-for.ts';
import { startDns, type Zone } from './dns-server.ts';
import { egressFailure } from './egress-failure.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { answerWith, OK_ANSWER, startReceiver } from './test-receiver.ts';

/** 127.0.0.1 plays the public address here, 127.0.0.2 the forbidden one. */
const RULES = { allowedDomains: [], permitNetworks: ['127.0.0.1/32'] };
const PUBLIC = '127.0.0.1';
const FORBIDDEN = '127.0.0.2';
const unknownToSystem = (): Promise<string[]> =>
  Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));

function post(port: number, resolve: ResolveHost, timeoutMs = 5000): Promise<PostAnswer> {
  const url = `http://a.example.com:${port}/`;
  return guardedPost({ url, headers: {}, body: '{}', timeoutMs, rules: RULES, resolve });
}

describe('rebinding', () => {
  test('between two lookups: the address that was judged is the one that is dialled, and the next try judges anew', async (t) => {
    const open = await startReceiver(t, answerWith(OK_ANSWER));
    const forbidden = await startReceiver(t, answerWith(OK_ANSWER), { host: FORBIDDEN, port: open.port });
    const dns = await startDns(t, (_name, nth) => (nth === 0 ? [PUBLIC] : [FORBIDDEN]));
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });

    assert.equal((await post(open.port, resolve)).address, PUBLIC);
    assert.deepEqual(dns.asked.toSorted(), ['A a.example.com', 'AAAA a.example.com']);
    const error = await egressFailure(post(open.port, resolve));
    assert.equal(error.errorClass, 'refused_by_policy');
    assert.equal(error.final, false);
    assert.equal(open.connections(), 1);
    assert.equal(forbidden.connections(), 0);
  });

  test('between the check before the 202 and the delivery', async (t) => {
    const forbidden = await startReceiver(t, answerWith(OK_ANSWER), { host: FORBIDDEN });
    const dns = await startDns(t, (_name, nth) => (nth === 0 ? [PUBLIC] : [FORBIDDEN]));
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });

    const check = createCheckUrl({ resolve });
    assert.deepEqual(await check(`http://a.example.com:${forbidden.port}/`, RULES), { ok: true });
    assert.equal((await egressFailure(post(forbidden.port, resolve))).errorClass, 'refused_by_policy');
    assert.equal(forbidden.connections(), 0);
  });

  test('to the forbidden address when a connection dies is not possible: the retry dials the judged address', async (t) => {
    const open = await startReceiver(t, (socket, nth) =>
      nth === 0 ? socket.resetAndDestroy() : answerWith(OK_ANSWER)(socket),
    );
    const forbidden = await startReceiver(t, answerWith(OK_ANSWER), { host: FORBIDDEN, port: open.port });
    const dns = await startDns(t, (_name, nth) => (nth === 0 ? [PUBLIC] : [FORBIDDEN]));
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });
    assert.equal((await post(open.port, resolve)).statusCode, 200);
    assert.equal(open.connections(), 2);
    assert.equal(forbidden.connections(), 0);
  });
});

describe('an answer of DNS', () => {
  const refused: Readonly<Record<string, Zone>> = {
    'with a forbidden address': [FORBIDDEN],
    'with a permitted and a forbidden one': [PUBLIC, FORBIDDEN],
    'with a forbidden and a permitted one': [FORBIDDEN, PUBLIC],
    'with a permitted A and a forbidden AAAA': [PUBLIC, '::1'],
    'with a public A and a private one': ['8.8.8.8', '10.0.0.1'],
    'with a private A and a public one': ['10.0.0.1', '8.8.8.8'],
    'with an IPv4-mapped forbidden address': [`::ffff:${FORBIDDEN}`],
    'with a NAT64 form of a forbidden address': ['64:ff9b::7f00:2'],
    'that is an alias of an inner name': { cname: 'vault.corp.internal', addresses: [FORBIDDEN] },
    'with a metadata service': ['169.254.169.254'],
    'with the address that means this host': ['0.0.0.0'],
  };
  for (const [title, zone] of Object.entries(refused)) {
    test(`${title} is refused whole, before and at delivery, without naming what it was`, async (t) => {
      const receivers = [await startReceiver(t, answerWith(OK_ANSWER), { host: FORBIDDEN })];
      const port = receivers[0]?.port ?? 0;
      receivers.push(await startReceiver(t, answerWith(OK_ANSWER), { host: PUBLIC, port }));
      const dns = await startDns(t, () => zone);
      const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });
      expectNoLeftovers(t);

      const verdict = await createCheckUrl({ resolve })(`http://a.example.com:${port}/`, RULES);
      assert.equal(verdict.ok, false);
      const error = await egressFailure(post(port, resolve));
      assert.equal(error.errorClass, 'refused_by_policy');
      assert.equal(error.address, undefined);
      for (const message of [error.message, verdict.ok ? '' : verdict.message]) {
        assert.match(message, /^a\.example\.com resolves to an address that is not public: /);
        assert.doesNotMatch(message, /127\.|10\.0|::|169\.|internal/);
      }
      assert.deepEqual(
        receivers.map((receiver) => receiver.connections()),
        [0, 0],
      );
    });
  }

  test('with an alias that leads to a permitted address is dialled', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    const dns = await startDns(t, () => ({ cname: 'b.example.com', addresses: [PUBLIC] }));
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });
    assert.equal((await post(receiver.port, resolve)).statusCode, 200);
    assert.match(receiver.received(), /host: a\.example\.com/);
  });

  test('that there is no such name fails as DNS, with the code', async (t) => {
    const dns = await startDns(t, () => undefined);
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });
    const error = await egressFailure(post(9, resolve));
    assert.equal(error.errorClass, 'refused_by_policy', 'port 9 is refused before a lookup');
    assert.deepEqual(dns.asked, []);
    const unknown = await egressFailure(post(8080, resolve));
    assert.equal(unknown.errorClass, 'dns');
    assert.equal(unknown.message, 'a.example.com cannot be resolved (ENOTFOUND): check its DNS records');
  });

  test('that does not come ends with the deadline, and leaves nothing open', async (t) => {
    const dns = await startDns(t, () => 'silent');
    expectNoLeftovers(t);
    const resolve = createResolveHost({ servers: [dns.server], askSystem: unknownToSystem });
    const error = await egressFailure(post(8080, resolve, 200));
    assert.equal(error.errorClass, 'timeout');
    assert.match(error.message, /^a\.example\.com was not resolved within 0\.2 s/);
  });
});

describe('the system is asked', () => {
  test('for what DNS does not know, and its answer is judged all the same', async (t) => {
    const receiver = await startReceiver(t, answerWith(OK_ANSWER));
    const dns = await startDns(t, () => undefined);
    const known = createResolveHost({ servers: [dns.server], askSystem: () => Promise.resolve([PUBLIC]) });
    assert.equal((await post(receiver.port, known)).statusCode, 200);
    const inner = createResolveHost({ servers: [dns.server], askSystem: () => Promise.resolve([PUBLIC, FORBIDDEN]) });
    assert.equal((await egressFailure(post(receiver.port, inner))).errorClass, 'refused_by_policy');
  });

  test('when name servers are silent, but by one question at a time', async (t) => {
    const dns = await startDns(t, () => 'silent');
    let hanging = 0;
    let letGo: (addresses: readonly string[]) => void = () => undefined;
    const askSystem = (): Promise<readonly string[]> => {
      hanging += 1;
      return new Promise((resolve) => (letGo = resolve));
    };
    const resolve = createResolveHost({ servers: [dns.server], timeoutMs: 20, askSystem });
    const { signal } = new AbortController();
    const first = resolve('a.example.com', signal);
    const second = resolve('b.example.com', signal);
    const rejected = await Promise.race([first, second]).catch((error: unknown) => error);
    assert.equal((rejected as NodeJS.ErrnoException).code, 'ETIMEOUT');
    assert.equal(hanging, 1);
    letGo([PUBLIC]);
    const answers = await Promise.allSettled([first, second]);
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    // The place is free again.
    const third = resolve('c.example.com', signal);
    await waitFor('the system to be asked again', () => hanging === 2);
    letGo([PUBLIC]);
    assert.deepEqual(await third, [PUBLIC]);
  });

  test('by getaddrinfo unless told otherwise', async (t) => {
    const dns = await startDns(t, () => undefined);
    const resolve = createResolveHost({ servers: [dns.server] });
    const addresses = await resolve('localhost', new AbortController().signal);
    assert.ok(addresses.some((address) => address === '127.0.0.1' || address === '::1'));
  });
});
