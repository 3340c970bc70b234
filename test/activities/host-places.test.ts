import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HostPlace, HostPlaces, type PlaceEnd } from '../../src/activities/callback/host-places.ts';

const HALF = { random: () => 0.5 };

/** Places with a clock that the test moves, and a host that is driven into one state. */
function setUp(perHost = 50, maxHosts?: number) {
  const clock = { now: 0 };
  const places = new HostPlaces({ perHost, now: () => clock.now, ...HALF, ...(maxHosts && { maxHosts }) });
  /** Takes all that are free. */
  const fill = (host: string): HostPlace[] => {
    const taken: HostPlace[] = [];
    for (let turn = places.enter(host); turn.free; turn = places.enter(host)) taken.push(turn.place);
    return taken;
  };
  const tryOnce = (host: string, ms: number, end: PlaceEnd): void => {
    const turn = places.enter(host);
    assert.ok(turn.free);
    clock.now += ms;
    turn.place.leave(end);
  };
  const waitOf = (host: string): number => {
    const turn = places.enter(host);
    assert.ok(!turn.free);
    return turn.waitMs;
  };
  return { clock, places, fill, tryOnce, waitOf };
}

describe('tries at one host', () => {
  test('are few until it is known, and double with each that ends well, up to the limit', () => {
    const { fill, tryOnce } = setUp();
    assert.equal(fill('new').length, 8);
    tryOnce('good', 10, 'delivered');
    assert.equal(fill('good').length, 16);
    for (let i = 0; i < 10; i += 1) tryOnce('better', 10, 'delivered');
    assert.equal(fill('better').length, 50);
  });

  test('become one where all fail slowly, and many again when it works', () => {
    const { clock, fill, tryOnce } = setUp();
    const first = fill('dead');
    clock.now += 15_000;
    for (const place of first) place.leave('failed');
    assert.equal(first.length, 8);
    const probe = fill('dead');
    assert.equal(probe.length, 1);
    probe[0]?.leave('delivered');
    tryOnce('dead', 20, 'delivered');
    assert.equal(fill('dead').length, 4);
  });

  test('are not made fewer by failures that hold no slot, nor by what was cut short', () => {
    const { fill, tryOnce } = setUp();
    tryOnce('refusing', 5, 'failed');
    assert.equal(fill('refusing').length, 16);
    tryOnce('stopped', 60_000, 'untold');
    assert.equal(fill('stopped').length, 8);
  });

  test('leave other hosts theirs', () => {
    const { fill } = setUp();
    fill('one');
    assert.equal(fill('other').length, 8);
  });

  test('are at most so many to all slow hosts together', () => {
    const { places, tryOnce } = setUp(8);
    const hosts = Array.from({ length: 20 }, (_, i) => `dead-${i}`);
    for (const host of hosts) tryOnce(host, 15_000, 'failed');
    const turns = hosts.map((host) => places.enter(host));
    assert.equal(turns.filter(({ free }) => free).length, 8);
    assert.equal(places.enter('healthy').free, true);
    const [first] = turns;
    assert.ok(first?.free);
    first.place.leave('untold');
    first.place.leave('untold');
    assert.equal(hosts.slice(8).filter((host) => places.enter(host).free).length, 1);
  });
});

describe('a turn', () => {
  test('comes by the pace of the host: the last of 40 after five rounds of eight', () => {
    const { fill, waitOf } = setUp();
    fill('new');
    const waits = Array.from({ length: 40 }, () => waitOf('new'));
    assert.equal(waits[0], 100);
    // One more had asked before: whoever filled the host.
    assert.equal(waits.at(-1), Math.ceil((41 / 8) * 250));
  });

  test('comes later the longer the tries that are under way have taken already', () => {
    const { clock, fill, waitOf } = setUp();
    fill('hanging');
    clock.now += 8000;
    assert.equal(waitOf('hanging'), 1000);
    assert.equal(waitOf('hanging'), 2000);
  });

  test('is never more than 5 min away, and those beyond are spread', () => {
    const { fill, tryOnce, waitOf } = setUp();
    for (let i = 0; i < 12; i += 1) tryOnce('dead', 15_000, 'failed');
    fill('dead');
    const waits = Array.from({ length: 1000 }, () => waitOf('dead'));
    assert.ok(Math.max(...waits) <= 300_000);
    assert.equal(waits.at(-1), 225_000);
  });

  test('is soon again once the host takes a callback', () => {
    const { fill, tryOnce, waitOf } = setUp();
    for (let i = 0; i < 4; i += 1) tryOnce('dead', 15_000, 'failed');
    const [probe] = fill('dead');
    for (let i = 0; i < 100; i += 1) waitOf('dead');
    probe?.leave('delivered');
    for (let i = 0; i < 12; i += 1) tryOnce('dead', 10, 'delivered');
    fill('dead');
    assert.ok(waitOf('dead') < 1000);
  });
});

test('hosts are forgotten, the oldest first, but not one with tries under way', () => {
  const { places, fill, tryOnce } = setUp(50, 2);
  const held = places.enter('held');
  tryOnce('old', 10, 'delivered');
  tryOnce('new', 10, 'delivered');
  assert.equal(fill('old').length, 8, 'it was forgotten');
  assert.ok(held.free);
  assert.equal(fill('held').length, 7);
});

test('a limit that is no number of places is refused', () => {
  for (const perHost of [0, -1, 1.5, Number.NaN]) assert.throws(() => new HostPlaces({ perHost }), RangeError);
  assert.equal(new HostPlaces({ perHost: 1 }).enter('x').free, true);
});
