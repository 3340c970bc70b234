/**
 * Long runs at full length: `npm run test:long`. It takes an hour on two cores; `TURNS`, `ROUNDS` and `STEPS` change how much of each.
 * `npm test` runs the same on a smaller scale.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runManySteps } from '../support/many-steps.ts';
import { takeManyTurns } from '../support/many-turns.ts';

const { STEPS = '1000', ROUNDS = '5000', TURNS = '10000' } = process.env;
/** Temporal ends a run at 51,200 events, and suggests to continue as new from 4,096. */
const SUGGESTED = 4096;

test(`a run of ${STEPS} steps`, async (t) => {
  const steps = Number(STEPS);
  const { result, asked, longest } = await runManySteps(t, 'chain', steps);
  t.diagnostic(`${longest} events`);
  assert.deepEqual([result, asked], [steps, steps]);
  assert.ok(longest < 12 * steps);
});

test(`a loop of ${ROUNDS} rounds`, async (t) => {
  const rounds = Number(ROUNDS);
  const { result, asked, executions, longest } = await runManySteps(t, 'loop', { rounds });
  t.diagnostic(`${executions} executions, the longest of ${longest} events`);
  assert.deepEqual([result, asked], [rounds, rounds]);
  assert.ok(longest < SUGGESTED + 50);
});

test(`a session of ${TURNS} turns`, async (t) => {
  const { executions, longest } = await takeManyTurns(t, { senders: 10, turns: Number(TURNS) });
  t.diagnostic(`${executions} executions, the longest of ${longest} events`);
  assert.ok(longest < 1500);
});
