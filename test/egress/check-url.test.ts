import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createCheckUrl, checkUrl } from '../../src/egress/check-url.ts';
import type { ResolveHost } from '../../src/egress/resolve-host.ts';
import type { CheckUrl } from '../../src/ingress/tasks/check-callback-url.ts';

const RULES = { allowedDomains: [], permitNetworks: [] };
const URL_A = 'https://a.example.com/hook';

/** A resolver that answers from a table and counts the questions. */
function tableResolver(table: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const resolve: ResolveHost = (host) => {
    asked.push(host);
    const addresses = table[host];
    return addresses === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(addresses);
  };
  return { resolve, asked };
}

/** A resolver that never answers, and rejects when it is called off. */
const silentResolver: ResolveHost = (_host, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('the check before the 202', () => {
  test('fits what the ingress asks for', () => {
    const fitting: CheckUrl = checkUrl;
    assert.equal(typeof fitting, 'function');
  });

  test('refuses a literal without asking DNS', async () => {
    const { resolve, asked } = tableResolver({});
    const check = createCheckUrl({ resolve });
    assert.equal((await check('http://10.0.0.1/', RULES)).ok, false);
    assert.equal((await check('http://8.8.8.8/', RULES)).ok, true);
    assert.deepEqual(asked, []);
  });

  test('judges what a name resolves to', async () => {
    const { resolve } = tableResolver({ 'a.example.com': ['8.8.8.8', '10.0.0.1'], 'b.example.com': ['8.8.8.8'] });
    const check = createCheckUrl({ resolve });
    assert.deepEqual(await check(URL_A, RULES), {
      ok: false,
      message:
        'a.example.com resolves to an address that is not public: use a public address; an operator can permit networks with CALLBACK_PERMIT_NETWORKS (callback.permit_networks)',
    });
    assert.deepEqual(await check('https://b.example.com/', RULES), { ok: true });
    assert.deepEqual(await check(URL_A, { ...RULES, permitNetworks: ['10.0.0.0/8'] }), { ok: true });
  });

  test('accepts a name that can not be resolved yet', async () => {
    const check = createCheckUrl({ resolve: tableResolver({}).resolve });
    assert.deepEqual(await check(URL_A, RULES), { ok: true });
  });

  test('accepts a name whose lookup takes too long, after the deadline', async () => {
    const check = createCheckUrl({ resolve: silentResolver, deadlineMs: 20 });
    assert.deepEqual(await check(URL_A, RULES), { ok: true });
  });

  test('asks once for a host, also while the first question is open, and again when the answer is old', async () => {
    const { resolve, asked } = tableResolver({ 'a.example.com': ['10.0.0.1'] });
    let time = 0;
    const check = createCheckUrl({ resolve, now: () => time, keepMs: 10 });
    await Promise.all([check(URL_A, RULES), check(`${URL_A}2`, RULES)]);
    assert.equal((await check(URL_A, RULES)).ok, false);
    assert.equal(asked.length, 1);
    time = 10;
    await check(URL_A, RULES);
    assert.equal(asked.length, 2);
  });

  test('remembers failures too, so that a silent name costs its deadline once', async () => {
    const { resolve, asked } = tableResolver({});
    const check = createCheckUrl({ resolve, now: () => 0 });
    await check(URL_A, RULES);
    await check(URL_A, RULES);
    assert.equal(asked.length, 1);
  });

  test('remembers no more hosts than it may, the newest ones', async () => {
    const { resolve, asked } = tableResolver({});
    const check = createCheckUrl({ resolve, now: () => 0, maxHosts: 2 });
    for (const host of ['a', 'b', 'c', 'c', 'b', 'a']) await check(`http://${host}.example.com/`, RULES);
    assert.deepEqual(
      asked,
      ['a', 'b', 'c', 'a'].map((host) => `${host}.example.com`),
    );
  });
});
