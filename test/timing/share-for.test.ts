import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareFor } from '../../src/timing/share-for.ts';

test('callers share a look that is under way, and its result while it is fresh', async () => {
  let time = 0;
  let looks = 0;
  let finish = (): void => undefined;
  const share = shareFor(
    1000,
    () => {
      looks += 1;
      return new Promise<number>((resolve) => (finish = () => resolve(looks)));
    },
    () => time,
  );
  const first = [share(), share()];
  time = 5000;
  first.push(share());
  assert.equal(looks, 1);
  finish();
  assert.deepEqual(await Promise.all(first), [1, 1, 1]);
  const second = share();
  assert.equal(looks, 2);
  finish();
  assert.equal(await second, 2);
  time = 5999;
  assert.equal(await share(), 2);
  time = 6000;
  void share();
  assert.equal(looks, 3);
});
