import type { RunResource } from '../../src/protocol/run-resource.ts';
import { ENDS, runOf } from './corner.ts';
import type { Evidence } from './evidence.ts';
import type { State } from './states.ts';
import type { Promised } from './table/corners.ts';

/** States in which the agent has the task until the event has had its effect. */
const AT_WORK: readonly State[] = ['agent', 'last-call', 'team-agent'];
/** Ends in which something stays open until a person decides. */
const HELD: readonly string[] = ['paused', 'callback-paused', 'team-paused'];

/** Compares what was promised with what was seen. Returns a sentence for each difference; none: the promise held. */
export function judgeCorner(promised: Promised, seen: Evidence): string[] {
  return [
    ...judgeReply(promised, seen),
    ...judgeViews(promised, seen),
    ...judgeCallbacks(promised, seen),
    ...judgeMoney(promised, seen),
    ...judgeOpen(promised, seen),
  ];
}

function judgeReply({ refusal }: Promised, { reply }: Evidence): string[] {
  if (reply.by === 'nobody') return [];
  const wanted = refusal === undefined ? (reply.by === 'api' ? '202' : 'ok') : showAnswer(refusal);
  const got = showAnswer(reply);
  const isDoneBefore = 'sentAgain' in reply && reply.sentAgain && got === '200' && wanted === '202';
  return got === wanted || isDoneBefore ? [] : [`the answer was ${got}, not ${wanted}`];
}

function showAnswer(answer: { readonly status?: number; readonly code?: string | undefined }): string {
  return [answer.status, answer.code].filter((part) => part !== undefined).join(' ') || 'ok';
}

/** One line for what a view says of a run. */
function story({ status, error, callback }: RunResource): string {
  return `${status}${error === undefined ? '' : ` (${error.code})`}, callback ${callback.status}`;
}

/** Whether a view of the API tells the end that was promised; a team's workflow has none. */
export function tellsEnd({ end }: Pick<Promised, 'end'>, view: RunResource | undefined): boolean {
  return (view === undefined ? undefined : story(view)) === promisedStory(end);
}

function promisedStory(end: Promised['end']): string | undefined {
  const row = runOf(end);
  return row && `${row.run}${row.error === undefined ? '' : ` (${row.error})`}, callback ${row.callback}`;
}

function judgeViews({ end }: Promised, { told, executions }: Evidence): string[] {
  const wanted = promisedStory(end);
  const faults: string[] = [];
  if (told !== undefined) {
    const { poll, listed, stream } = told;
    const views: [string, string][] = [
      ['a poll', story(poll)],
      ['the list', listed.map(story).join(' and ') || 'nothing'],
      ['the event stream', stream === undefined ? 'nothing' : story(stream)],
    ];
    for (const [view, got] of views) if (got !== wanted) faults.push(`${view} says ${got}, not ${wanted}`);
  }
  const { temporal } = ENDS[end];
  if (executions[0] !== temporal) faults.push(`Temporal says ${executions.join(', ') || 'nothing'}, not ${temporal}`);
  return faults;
}

function judgeCallbacks({ end, callbacks }: Promised, seen: Evidence): string[] {
  const all = [...seen.callbacks, ...seen.callbacksElsewhere];
  const taken = all.filter(({ status }) => status === 204);
  const faults = taken.length === callbacks ? [] : [`receivers accepted ${taken.length} callbacks, not ${callbacks}`];
  const status = runOf(end)?.run ?? 'completed';
  const text = status === 'completed' ? seen.expectedText : undefined;
  if (all.some(({ body }) => body.status !== status || (text !== undefined && body.text !== text))) {
    faults.push(`a callback says ${[...new Set(all.map(({ body }) => body.status))].join(' and ')}, not ${status}`);
  }
  if (all.some(({ webhookId }) => webhookId !== seen.webhookId)) faults.push('a callback has another webhook-id');
  return faults;
}

function judgeMoney({ end, paidCalls }: Promised, { calls, state }: Evidence): string[] {
  const faults = calls.length === paidCalls ? [] : [`the agent was asked ${calls.length} times, not ${paidCalls}`];
  const heard = calls.filter(({ aborted }) => !aborted).length;
  const wanted = (runOf(end)?.run ?? ENDS[end].temporal.toLowerCase()) === 'completed' ? 1 : 0;
  if (AT_WORK.includes(state) && heard !== wanted) faults.push(`${heard} calls were heard to their end, not ${wanted}`);
  return faults;
}

function judgeOpen({ end }: Promised, { openActivities, told, executions }: Evidence): string[] {
  if (HELD.includes(end)) return [];
  // Temporal names the activities of a workflow that was terminated for ever.
  const faults =
    openActivities.length === 0 || executions[0] !== 'RUNNING' ? [] : [`open at the end: ${openActivities.join(', ')}`];
  if (told?.streamEnded === false) faults.push('the event stream has no end');
  return faults;
}
