import { setTimeout as sleep } from 'node:timers/promises';
import type { CornerRun } from './corner-run.ts';
import { isTeam, type State } from './states.ts';
import type { TemporalView } from './temporal-view.ts';

const PLACE_TIMEOUT_MS = 30_000;
const LOOK_MS = 100;
/** For a run of which nothing can be seen but that nothing happens. */
const QUIET_MS = 500;

type Look = (run: CornerRun, temporal: TemporalView) => boolean | Promise<boolean>;

/** How it is seen that a run is in a state. `answer` begins with the agent at work; its rest is for all such runs at once. */
const IS_PLACED: Readonly<Record<State, Look>> = {
  queued: async ({ runId }, temporal) => (await temporal.describe(runId)).status === 'RUNNING',
  asked: async (run) => (await run.api.get(run.seat, run.runId)).status === 'input_required',
  permit: async ({ runId, calls }, temporal) => {
    const { open } = await temporal.describe(runId);
    return calls().length === 0 && open.some(({ id }) => id === 'agent');
  },
  agent: isAsked,
  'last-call': isAsked,
  backoff: async ({ runId, calls }, temporal) => calls().length === 1 && (await isWaiting(temporal, runId, 'agent', 2)),
  paused: async ({ runId, calls }, temporal) => {
    const [call] = calls();
    if (call === undefined) return false;
    await temporal.pauseActivity(runId, 'agent');
    return call.aborted && (await isWaiting(temporal, runId, 'agent', 2));
  },
  answer: isAsked,
  callback: isPosted,
  retry: async ({ runId, receiver }, temporal) =>
    receiver.requests.length === 2 && (await isWaiting(temporal, runId, 'callback', 3)),
  dead: async (run) => (await run.api.get(run.seat, run.runId)).callback.status === 'dead',
  delivered: async (run, temporal) =>
    (await run.api.get(run.seat, run.runId)).callback.status === 'delivered' &&
    (await temporal.describe(run.runId)).status === 'COMPLETED',
  'team-agent': isAsked,
  'team-answer': isAsked,
  'team-callback': isPosted,
};

function isPosted({ receiver }: CornerRun): boolean {
  return receiver.requests.length === 2;
}

function isAsked({ calls }: CornerRun): boolean {
  return calls().length === 1;
}

async function isWaiting(temporal: TemporalView, runId: string, id: string, attempt: number): Promise<boolean> {
  const { open } = await temporal.describe(runId);
  return open.some((activity) => activity.id === id && !activity.isStarted && activity.attempt === attempt);
}

/**
 * Posts a run and waits until it is in its state.
 *
 * @throws Error when it does not come there
 */
export async function placeRun(run: CornerRun, temporal: TemporalView): Promise<void> {
  const { seat, text, receiver } = run;
  if (isTeam(run.state)) run.runId = await temporal.startTeam({ text, url: receiver.url, seat });
  else {
    const post = { seat, key: text, text, callbackUrl: receiver.url };
    run.runId = (await (run.state === 'asked' ? run.api.postEvent(post) : run.api.post(post))).id;
  }
  for (const end = Date.now() + PLACE_TIMEOUT_MS; !(await IS_PLACED[run.state](run, temporal)); await sleep(LOOK_MS)) {
    if (Date.now() > end) throw new Error(`it did not come into the state "${run.state}" within 30 s`);
  }
  if (run.state === 'permit' || run.state === 'queued') await sleep(QUIET_MS);
}
