import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentAdmission } from '../../src/activities/admission/agent-admission.ts';
import { ClientCounts, ClientTurns, fairPlace, inFairOrder } from '../../src/activities/admission/fair-order.ts';
import type { Ticket } from '../../src/activities/admission/waiting-line.ts';

function turns(...running: readonly string[]): ClientTurns {
  const all = new ClientTurns();
  for (const client of running) all.begin(client);
  return all;
}

const task = (client: string, since: number): Ticket => ({ key: `${client}-${since}`, client, since });
const keys = (tasks: readonly Ticket[]): string[] => tasks.map(({ key }) => key);

describe('the order of waiting tasks', () => {
  test('is that of their age for one client', () => {
    const tasks = [task('a', 3), task('a', 1), task('a', 2)];
    assert.deepEqual(keys(inFairOrder(tasks, turns('a'))), ['a-1', 'a-2', 'a-3']);
  });

  test('lets clients take turns, and counts what each has under way', () => {
    const tasks = [task('loud', 1), task('loud', 2), task('loud', 3), task('quiet', 9)];
    assert.deepEqual(keys(inFairOrder(tasks, turns())), ['loud-1', 'quiet-9', 'loud-2', 'loud-3']);
    assert.deepEqual(keys(inFairOrder(tasks, turns('loud'))), ['quiet-9', 'loud-1', 'loud-2', 'loud-3']);
  });

  test('has a place for each task without a sort', () => {
    const others = Array.from({ length: 300 }, (_, since) => task('loud', since));
    const running = new ClientCounts(['loud', 'loud']);
    assert.equal(fairPlace(task('quiet', 1000), others, running), 1);
    assert.equal(fairPlace(task('loud', 1000), others, running), 301);
    assert.equal(fairPlace(task('loud', 1000), [...others, task('quiet', 1001)], running), 302);
  });
});

test('a quiet client gets the next permit, however many tasks of a loud one wait', async () => {
  const admission = new AgentAdmission({ concurrency: 1 });
  const options = { signal: new AbortController().signal, mostMs: 60_000, mayLeave: false, ignorePause: false };
  const granted: string[] = [];
  const call = async (ticket: Ticket): Promise<void> => {
    const admitted = await admission.enter(ticket, { ...options, onWait: () => undefined });
    assert.ok(admitted !== 'draining' && admitted.granted);
    granted.push(ticket.key);
    await new Promise((resolve) => setTimeout(resolve, 5));
    admitted.permit.release();
  };
  const loud = Array.from({ length: 20 }, (_, since) => call(task('loud', since)));
  await Promise.all([...loud, call(task('quiet', 100))]);
  assert.deepEqual(granted.slice(0, 3), ['loud-0', 'quiet-100', 'loud-1']);
});
