import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaitingLine } from '../../src/ingress/limits/waiting-line.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { SOURCE_SAMPLES } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';
import { ALPHA, BETA, startTestIngress } from '../support/test-ingress.ts';
import { BODY, betaPost } from './under-limits.ts';

const REFUSAL = new ProblemError('too_many_in_flight', 'full');

/** Records each run after a moment, as Temporal does. */
class SlowRunClient extends FakeRunClient {
  override async start(task: AcceptedTask): Promise<RunReply> {
    await sleep(5);
    return super.start(task);
  }
}

test('a burst of 200 is taken whole, and another client is served meanwhile', async (t) => {
  const ingress = await startTestIngress(t, {
    runs: new SlowRunClient(),
    clients: [{ ...ALPHA, maxInFlight: 100 }, BETA],
    limits: { maxInFlight: 128, bodyBudget: 4 * 1_048_576 },
  });
  const burst = Array.from({ length: 200 }, () => ingress.post('/webhook', BODY));
  assert.equal((await betaPost(ingress.url)).status, 202);
  const statuses = (await Promise.all(burst)).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([202]));
  assert.equal((await ingress.post('/webhook', BODY)).status, 202, 'all slots are free again');
});

test('of 200 events of GitHub at once each is a run, for GitHub does not send again', async (t) => {
  const { github } = SOURCE_SAMPLES;
  assert.ok(github);
  const runs = new SlowRunClient();
  const source = await startSource(t, github, {}, { runs, clients: [{ ...ALPHA, maxInFlight: 100 }, BETA] });
  const burst = Array.from({ length: 200 }, (_, index) =>
    source.send({ headers: { 'X-GitHub-Delivery': `d-${index}` } }),
  );
  const statuses = (await Promise.all(burst)).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([202]));
  assert.equal(new Set(runs.started.map(({ runId }) => runId)).size, 200);
});

test('a line hands slots on in order of arrival, and is bounded in number and time', async () => {
  const line = new WaitingLine<number>(2, 20);
  const first = line.wait(REFUSAL);
  const second = line.wait(REFUSAL);
  await assert.rejects(line.wait(REFUSAL), REFUSAL, 'full');
  assert.equal(line.handOn(1), true);
  assert.equal(await first, 1);
  await assert.rejects(second, REFUSAL, 'late');
  assert.equal(line.handOn(2), false);
});

test('nobody waits while Temporal is away', async () => {
  const line = new WaitingLine<number>(2);
  const waiting = line.wait(REFUSAL);
  line.ended(new ProblemError('temporal_unavailable', 'away'));
  await assert.rejects(waiting, REFUSAL);
  await assert.rejects(line.wait(REFUSAL), REFUSAL);
  line.ended(new ProblemError('invalid_task', 'says nothing of Temporal'));
  await assert.rejects(line.wait(REFUSAL), REFUSAL);
  line.ended();
  const again = line.wait(REFUSAL);
  line.handOn(3);
  assert.equal(await again, 3);
});
