import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HostPermit, HostSemaphores, type HostOutcome } from '../../src/activities/callback/host-semaphores.ts';

const HALF = { random: () => 0.5 };

/** Semaphores with a clock that the test moves, and functions that drive a host into one state. */
function setUp(perHost = 50, maxHosts?: number) {
  const clock = { now: 0 };
  const semaphores = new HostSemaphores({ perHost, now: () => clock.now, ...HALF, ...(maxHosts && { maxHosts }) });
  /** Takes all free permits. */
  const fill = (host: string): HostPermit[] => {
    const taken: HostPermit[] = [];
    for (let admission = semaphores.tryAcquire(host); admission.granted; admission = semaphores.tryAcquire(host))
      taken.push(admission.permit);
    return taken;
  };
  const tryOnce = (host: string, ms: number, outcome: HostOutcome): void => {
    const admission = semaphores.tryAcquire(host);
    assert.ok(admission.granted);
    clock.now += ms;
    admission.permit.release(outcome);
  };
  const waitOf = (host: string): number => {
    const admission = semaphores.tryAcquire(host);
    assert.ok(!admission.granted);
    return admission.waitMs;
  };
  return { clock, semaphores, fill, tryOnce, waitOf };
}

describe('permits of one host', () => {
  test('are few at first, and double with each successful attempt up to the limit', () => {
    const { fill, tryOnce } = setUp();
    assert.equal(fill('new').length, 8);
    tryOnce('good', 10, 'delivered');
    assert.equal(fill('good').length, 16);
    for (let i = 0; i < 10; i += 1) tryOnce('better', 10, 'delivered');
    assert.equal(fill('better').length, 50);
  });

  test('drop to one when all attempts fail slowly, and rise again when one succeeds', () => {
    const { clock, fill, tryOnce } = setUp();
    const first = fill('dead');
    clock.now += 15_000;
    for (const permit of first) permit.release('failed');
    assert.equal(first.length, 8);
    const probe = fill('dead');
    assert.equal(probe.length, 1);
    probe[0]?.release('delivered');
    tryOnce('dead', 20, 'delivered');
    assert.equal(fill('dead').length, 4);
  });

  test('do not drop after fast failures or interrupted attempts', () => {
    const { fill, tryOnce } = setUp();
    tryOnce('refusing', 5, 'failed');
    assert.equal(fill('refusing').length, 16);
    tryOnce('stopped', 60_000, 'unknown');
    assert.equal(fill('stopped').length, 8);
  });

  test('do not affect other hosts', () => {
    const { fill } = setUp();
    fill('one');
    assert.equal(fill('other').length, 8);
  });

  test('are limited for all slow hosts together', () => {
    const { semaphores, tryOnce } = setUp(8);
    const hosts = Array.from({ length: 20 }, (_, i) => `dead-${i}`);
    for (const host of hosts) tryOnce(host, 15_000, 'failed');
    const admissions = hosts.map((host) => semaphores.tryAcquire(host));
    assert.equal(admissions.filter(({ granted }) => granted).length, 8);
    assert.equal(semaphores.tryAcquire('healthy').granted, true);
    const [first] = admissions;
    assert.ok(first?.granted);
    first.permit.release('unknown');
    first.permit.release('unknown');
    assert.equal(hosts.slice(8).filter((host) => semaphores.tryAcquire(host).granted).length, 1);
  });
});

describe('a deferral', () => {
  test('follows the pace of the host: the last of 40 after five rounds of eight', () => {
    const { fill, waitOf } = setUp();
    fill('new');
    const waits = Array.from({ length: 40 }, () => waitOf('new'));
    assert.equal(waits[0], 100);
    // One more had asked before: whoever filled the host.
    assert.equal(waits.at(-1), Math.ceil((41 / 8) * 250));
  });

  test('is longer the longer the running attempts have taken', () => {
    const { clock, fill, waitOf } = setUp();
    fill('hanging');
    clock.now += 8000;
    assert.equal(waitOf('hanging'), 1000);
    assert.equal(waitOf('hanging'), 2000);
  });

  test('is never longer than 5 min, and those beyond are spread', () => {
    const { fill, tryOnce, waitOf } = setUp();
    for (let i = 0; i < 12; i += 1) tryOnce('dead', 15_000, 'failed');
    fill('dead');
    const waits = Array.from({ length: 1000 }, () => waitOf('dead'));
    assert.ok(Math.max(...waits) <= 300_000);
    assert.equal(waits.at(-1), 225_000);
  });

  test('is short again once the host accepts a callback', () => {
    const { fill, tryOnce, waitOf } = setUp();
    for (let i = 0; i < 4; i += 1) tryOnce('dead', 15_000, 'failed');
    const [probe] = fill('dead');
    for (let i = 0; i < 100; i += 1) waitOf('dead');
    probe?.release('delivered');
    for (let i = 0; i < 12; i += 1) tryOnce('dead', 10, 'delivered');
    fill('dead');
    assert.ok(waitOf('dead') < 1000);
  });
});

test('hosts are forgotten, the oldest first, but not one with running attempts', () => {
  const { semaphores, fill, tryOnce } = setUp(50, 2);
  const held = semaphores.tryAcquire('held');
  tryOnce('old', 10, 'delivered');
  tryOnce('new', 10, 'delivered');
  assert.equal(fill('old').length, 8, 'it was forgotten');
  assert.ok(held.granted);
  assert.equal(fill('held').length, 7);
});

test('an invalid limit is refused', () => {
  for (const perHost of [0, -1, 1.5, Number.NaN]) assert.throws(() => new HostSemaphores({ perHost }), RangeError);
  assert.equal(new HostSemaphores({ perHost: 1 }).tryAcquire('x').granted, true);
});
