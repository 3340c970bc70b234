import { setTimeout as sleep } from 'node:timers/promises';
import type { CornerRun } from './corner-run.ts';
import type { CornerStack } from './corner-stack.ts';
import type { Fault } from './events.ts';
import type { TemporalView } from './temporal-view.ts';

const AWAY_MS = 40_000;
/** Into an absence of Temporal: what is answered then can't be recorded. */
const AMID_MS = 5000;
/** A process that has been started and has not come to do anything. */
const JUST_STARTED_MS = 100;
const STOPPING_MS = 500;
const BACK_TIMEOUT_MS = 60_000;
const LOOK_MS = 250;

interface Scene {
  readonly stack: CornerStack;
  readonly temporal: TemporalView;
  readonly runs: readonly CornerRun[];
}

const STRIKES: Readonly<Record<Fault, (scene: Scene) => Promise<void>>> = {
  'worker-kill': ({ stack }) => endWorker(stack, 'SIGKILL'),
  'worker-stop': ({ stack }) => endWorker(stack, 'SIGTERM'),
  'temporal-away': async ({ stack, temporal, runs }) => {
    await stack.temporal.kill(AWAY_MS);
    stack.proxy.setMode('pass');
    await sleep(AMID_MS);
    // Its attempt would time out before Temporal is back.
    for (const { state, gate } of runs) if (state === 'callback' || state === 'team-callback') gate.open();
    await sleep(AWAY_MS - AMID_MS);
    await untilBack(temporal);
    stack.startLateWorker();
  },
  'temporal-kill': async ({ stack, temporal }) => {
    await stack.temporal.kill();
    stack.proxy.setMode('pass');
    await untilBack(temporal);
    stack.startLateWorker();
  },
};

/** Strikes all runs of a stack at once, and starts the worker that the queued ones wait for. */
export function strike(fault: Fault, scene: Scene): Promise<void> {
  return STRIKES[fault](scene);
}

async function endWorker(stack: CornerStack, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const late = stack.startLateWorker();
  await sleep(JUST_STARTED_MS);
  const ended = Promise.all([stack.worker.kill(0, signal), late.kill(0, signal)]);
  if (signal === 'SIGTERM') await sleep(STOPPING_MS);
  else await ended;
  stack.proxy.setMode('pass');
  await ended;
  await stack.workerReady();
}

async function untilBack(temporal: TemporalView): Promise<void> {
  for (const end = Date.now() + BACK_TIMEOUT_MS; !(await temporal.isThere()); await sleep(LOOK_MS)) {
    if (Date.now() > end) throw new Error('Temporal did not come back');
  }
}
