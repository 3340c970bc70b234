import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Stage } from './steps.ts';

const RUNS = 6;
/** Longer than a backup takes, so that it holds runs whose agent is at work. */
const SLOW_TASK = 'demo: sleep 10s';

/**
 * Loses the database and restores a backup, with runs that had ended before it, that were at work then, and that were accepted after
 * it. What becomes of each is what docs/production.md says.
 */
export async function restoreDrill(stage: Stage, file: string): Promise<string> {
  const { topology, caller, receiver, accepted } = stage;
  const deliver = (ids: readonly string[], text: string): Promise<string[]> =>
    Promise.all(ids.map(async (id) => (await caller.deliver(text, id)).runId));
  const newIds = (): string[] => Array.from({ length: RUNS }, () => `msg_${randomUUID()}`);
  const delivered = (runs: readonly string[]): Promise<void> =>
    caller.until('delivered', runs, ({ callback }) => callback.status === 'delivered');
  const callbacks = (runs: readonly string[]): number[] => runs.map((runId) => receiver.of(runId).length);

  const ended = await deliver(newIds(), 'hello');
  await delivered(ended);
  const atWork = await deliver(newIds(), SLOW_TASK);
  await caller.until('begun', atWork, ({ status }) => status === 'running');
  const [, backupMs] = await timed(() => topology.backUp(file));
  const lateIds = newIds();
  const late = await deliver(lateIds, 'hello');
  await delivered([...atWork, ...late]);
  accepted.push(...ended, ...atWork, ...late);

  const lostAt = performance.now();
  for (const one of [topology.ingress, topology.worker, topology.temporal]) await one.stop();
  await topology.postgres.stop();
  const [, restoreMs] = await timed(() => topology.restore(file));
  topology.temporal.startAgain();
  await topology.whenUp('temporal');
  for (const one of [topology.ingress, topology.worker]) one.startAgain();
  await Promise.all([topology.whenUp('ingress'), topology.whenUp('worker')]);
  const downMs = performance.now() - lostAt;

  // Unknown to the restored database, until their senders repeat them.
  for (const runId of late) await assert.rejects(caller.run(runId), /404/);
  const [, againMs] = await timed(() => delivered(atWork));
  assert.deepEqual(await deliver(lateIds, 'hello'), late);
  await delivered(late);
  // Read as they were, and told once; the others are asked and told again, with the same id.
  await delivered(ended);
  assert.deepEqual(callbacks(ended), Array<number>(RUNS).fill(1));
  assert.deepEqual(callbacks(late), Array<number>(RUNS).fill(2));
  // Their worker may know that it told this run's answer a moment ago.
  for (const count of callbacks(atWork)) assert.ok(count === 1 || count === 2, String(count));
  for (const runId of [...atWork, ...late]) {
    assert.deepEqual(new Set(receiver.of(runId).map(({ webhookId }) => webhookId)), new Set([runId]));
  }
  return (
    `backup of ${(statSync(file).size / 1e6).toFixed(1)} MB in ${seconds(backupMs)}; down for ${seconds(downMs)}, of which restore ` +
    `${seconds(restoreMs)}; ${RUNS} ended runs as they were, ${RUNS} at work asked again within ${seconds(againMs)}, ` +
    `${RUNS} accepted later unknown until repeated`
  );
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now();
  return [await work(), performance.now() - startedAt];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
