import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { EVENTS } from '../support/run-costs.ts';
import { isAlive, type Supervised } from '../support/topology/supervised.ts';
import type { Topology } from '../support/topology/topology.ts';
import type { CallbackReceiver } from './callback-receiver.ts';
import type { Accepted, Caller } from './caller.ts';
import { checkFinishedOnce, checkListed, type Tally } from './exactly-once.ts';

/** Everything that a step needs. */
export interface Stage {
  readonly topology: Topology;
  readonly caller: Caller;
  readonly receiver: CallbackReceiver;
  readonly client: Client;
  /** Values that must not show in any log. */
  readonly secrets: readonly string[];
  /** Every run that was accepted so far. */
  readonly accepted: string[];
}

const RUNS = 6;
/** Longer than any crash takes to be noticed, so that the agent is at work when it comes. */
const SLOW_TASK = 'demo: sleep 3s';
/** With an eager agent. The start is not: the worker is another process than the ingress. */
const EAGER_WRITES = 7;
/** Webhooks at once, and how many of them are answered before the ingress dies. */
const BURST = 100;
const ANSWERED = 20;
/** Of an agent, by default: without the journal's word Temporal waits that long before it takes a worker for dead. */
const HEARTBEAT_TIMEOUT_MS = 30_000;
/** The Temporal SDK gives a result up after some 8 s. */
const OUTAGE_MS = 18_000;

/** Runs without a disturbance; that they cost Temporal little shows that its dynamic configuration is in force. */
export async function undisturbed(stage: Stage): Promise<string> {
  // Its receiver is not known to be quick, so this one is left to the activity.
  await finish(stage, await deliver(stage, 1, 'hello'));
  const runs = await deliver(stage, RUNS, 'hello');
  const tally = await finish(stage, runs);
  assert.deepEqual(tally, { runs: RUNS, repeated: 0, askedAgain: 0 });
  const writes: number[] = [];
  const events: number[] = [];
  for (const runId of runs) {
    const { raw } = await stage.client.workflow.getHandle(runId).describe();
    writes.push(Number(raw.workflowExecutionInfo?.stateTransitionCount));
    events.push(Number(raw.workflowExecutionInfo?.historyLength));
  }
  const fewest = Math.min(...writes);
  assert.ok(fewest <= EAGER_WRITES, `${fewest} writes a run: its activities are not eager`);
  // Beyond the receiver's permits they are left to the activity, too.
  assert.ok(
    events.every((count) => count === EVENTS.atOnce || count === EVENTS.deferred),
    events.join(', '),
  );
  assert.equal(Math.min(...events), EVENTS.atOnce);
  return `${RUNS} runs, down to ${EVENTS.atOnce} events and ${fewest} writes each`;
}

/** The worker dies while agents are at work. */
export async function crashWorker(stage: Stage): Promise<string> {
  const { topology } = stage;
  const runs = await deliverAndStart(stage);
  await topology.worker.crash();
  const crashedAt = performance.now();
  const tally = await finish(stage, runs);
  const ms = performance.now() - crashedAt;
  assert.ok(ms < HEARTBEAT_TIMEOUT_MS, `it took ${ms} ms, as without a journal`);
  return tell(tally, topology.worker);
}

/** The ingress dies in the midst of a burst of webhooks, whose senders try again. */
export async function crashIngress(stage: Stage): Promise<string> {
  const { topology, caller, accepted } = stage;
  let answered = 0;
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const all: Promise<Accepted>[] = Array.from({ length: BURST }, async () => {
    const one = await caller.deliver('hello');
    answered += 1;
    if (answered === ANSWERED) begin();
    return one;
  });
  await begun;
  await topology.ingress.crash();
  const delivered = await Promise.all(all);
  const runs = delivered.map(({ runId }) => runId);
  accepted.push(...runs);
  assert.equal(new Set(runs).size, runs.length);
  const repeated = delivered.filter(({ tries }) => tries > 1).length;
  assert.ok(repeated > 0, 'every webhook was answered before the crash');
  const replayed = delivered.filter((one) => one.replayed).length;
  const told = tell(await finish(stage, runs), topology.ingress);
  return `${told}; ${repeated} webhooks sent again, ${replayed} of them recorded before`;
}

/** Temporal is gone for longer than the SDK holds on to a result, while agents finish. */
export async function crashTemporal(stage: Stage): Promise<string> {
  const { topology, caller } = stage;
  const runs = await deliverAndStart(stage);
  await topology.temporal.crash(sleep(OUTAGE_MS));
  const startedAt = performance.now();
  const answer = await caller.post('msg_while-temporal-is-away', 'hello');
  const ms = Math.round(performance.now() - startedAt);
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.ok(ms < 5000, `the 503 took ${ms} ms`);
  const late = await caller.deliver('hello', 'msg_while-temporal-is-away');
  stage.accepted.push(late.runId);
  const tally = await finish(stage, [...runs, late.runId]);
  // Nobody was asked twice: the answers waited in the journal.
  assert.equal(tally.askedAgain, 0);
  return `${tell(tally, topology.temporal)}; gone for ${OUTAGE_MS / 1000} s, webhooks meanwhile 503 in ${ms} ms`;
}

/** PostgreSQL dies with all its processes. */
export async function crashPostgres(stage: Stage): Promise<string> {
  const { topology } = stage;
  const runs = await deliverAndStart(stage);
  await topology.postgres.crash();
  return tell(await finish(stage, runs), topology.postgres);
}

/** A new worker takes over from one that was asked to stop, as in an upgrade. */
export async function replaceWorker(stage: Stage): Promise<string> {
  const { topology } = stage;
  const runs = await deliverAndStart(stage);
  const { code, ms } = await topology.worker.stop();
  assert.equal(code, 0, topology.worker.tail());
  topology.worker.startAgain();
  const tally = await finish(stage, runs);
  assert.equal(tally.askedAgain, 0);
  return `${tell(tally, topology.worker)}; drained in ${(ms / 1000).toFixed(1)} s`;
}

/** `docker compose stop`: what depends on others goes first. */
export async function stopAll(stage: Stage): Promise<string> {
  const { topology, client, accepted, secrets } = stage;
  await checkListed(client, accepted);
  const pids = topology.all.map(({ pid }) => pid ?? 0);
  const times: string[] = [];
  for (const group of [[topology.ingress, topology.worker], [topology.temporal], [topology.postgres]]) {
    const ends = await Promise.all(group.map(async (one) => ({ name: one.plan.name, one, ...(await one.stop()) })));
    for (const { name, one, code, ms } of ends) {
      assert.equal(code, 0, `${name} ended with ${code}:\n${one.tail()}`);
      times.push(`${name} ${(ms / 1000).toFixed(1)} s`);
    }
  }
  assert.deepEqual(pids.filter(isAlive), []);
  const journal = existsSync(topology.journalDir) ? readdirSync(topology.journalDir) : [];
  // What first tries came to is kept for a minute or two of work, without an answer in it.
  assert.deepEqual(
    journal.filter((name) => name !== 'id' && name !== 'first-tries'),
    [],
    'the journal is not empty',
  );
  for (const { plan } of topology.all) {
    const log = readFileSync(plan.logFile, 'utf8');
    for (const secret of secrets) assert.ok(!log.includes(secret), `a secret is in the log of ${plan.name}`);
  }
  return `exit codes 0, journal empty, no secret in a log; ${times.join(', ')}`;
}

async function deliver({ caller, accepted }: Stage, count: number, text: string): Promise<string[]> {
  const delivered = await Promise.all(Array.from({ length: count }, () => caller.deliver(text)));
  const runs = delivered.map(({ runId }) => runId);
  accepted.push(...runs);
  return runs;
}

/** Delivers tasks and waits until every agent is at work. */
async function deliverAndStart(stage: Stage): Promise<string[]> {
  const runs = await deliver(stage, RUNS, SLOW_TASK);
  await stage.caller.until('begun', runs, ({ status }) => status === 'running');
  return runs;
}

async function finish(stage: Stage, runs: readonly string[]): Promise<Tally> {
  await stage.caller.until(
    'completed with their callbacks',
    runs,
    ({ status, callback }) => status === 'completed' && callback.status === 'delivered',
  );
  assert.deepEqual(stage.receiver.refused, []);
  return checkFinishedOnce(runs, stage);
}

function tell({ runs, repeated, askedAgain }: Tally, crashed: Supervised): string {
  const again = askedAgain === 0 ? '' : `, ${askedAgain} agents asked again`;
  const twice = repeated === 0 ? '' : `, ${repeated} callbacks came twice`;
  return `${runs} runs finished once${again}${twice}; started ${crashed.starts} times by now`;
}
