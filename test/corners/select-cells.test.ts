import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_NAMES } from './events.ts';
import { selectCells } from './select-cells.ts';
import { STATE_NAMES } from './states.ts';

test('no choice means every cell, once', () => {
  assert.equal(selectCells([]).length, STATE_NAMES.length * EVENT_NAMES.length);
  assert.equal(selectCells(['', 'agent']).length, STATE_NAMES.length * EVENT_NAMES.length);
});

test('a choice names states, events or both', () => {
  assert.deepEqual(selectCells(['agent,cancel']), [{ state: 'agent', event: 'cancel' }]);
  assert.equal(selectCells(['cancel']).length, STATE_NAMES.length);
  assert.equal(selectCells(['agent', 'cancel,dead']).length, EVENT_NAMES.length + 1);
  assert.throws(() => selectCells(['agnet']), /"agnet" is no state \(queued, .*\) and no event \(cancel, /);
});
