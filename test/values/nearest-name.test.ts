import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { editDistance, nearestName } from '../../src/values/nearest-name.ts';

test('the distance counts what is added, removed and changed', () => {
  assert.equal(editDistance('', ''), 0);
  assert.equal(editDistance('abc', ''), 3);
  assert.equal(editDistance('port', 'prot'), 2);
  assert.equal(editDistance('retry_delay', 'retry_delays'), 1);
  assert.equal(editDistance('kitten', 'sitting'), 3);
});

test('the distance is the same both ways, and no greater than by way of a third', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c));
      assert.equal(editDistance(a, b) === 0, a === b);
    }),
  );
});

test('the nearest is found, and none that is far', () => {
  const known = ['listen_port', 'listen_host', 'admin_port', 'log'];
  assert.equal(nearestName('listen_prot', known), 'listen_port');
  assert.equal(nearestName('LISTEN_HOST', known), 'listen_host');
  assert.equal(nearestName('colour', known), undefined);
  assert.equal(nearestName('x', known), undefined);
});
