import type { RunResource } from '../../src/protocol/run-resource.ts';
import { ENDS } from './corner.ts';
import type { Evidence } from './evidence.ts';
import type { State } from './states.ts';
import type { Promised } from './table/corners.ts';

/** States in which the agent has the task until the event has had its effect. */
const AT_WORK: readonly State[] = ['agent', 'last-call'];
/** Ends in which something stays open until a person decides. */
const HELD: readonly string[] = ['paused', 'callback-paused'];

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
  return got === wanted ? [] : [`the answer was ${got}, not ${wanted}`];
}

function showAnswer(answer: { readonly status?: number; readonly code?: string | undefined }): string {
  return [answer.status, answer.code].filter((part) => part !== undefined).join(' ') || 'ok';
}

/** One line for what a view says of a run. */
function story({ status, error, callback }: RunResource): string {
  return `${status}${error === undefined ? '' : ` (${error.code})`}, callback ${callback.status}`;
}

/** Whether a poll tells the end that was promised. */
export function tellsEnd({ end }: Pick<Promised, 'end'>, poll: RunResource): boolean {
  return story(poll) === promisedStory(end);
}

function promisedStory(end: Promised['end']): string {
  const row = ENDS[end];
  return `${row.run}${'error' in row ? ` (${row.error})` : ''}, callback ${row.callback}`;
}

function judgeViews({ end }: Promised, { poll, listed, stream, executions }: Evidence): string[] {
  const wanted = promisedStory(end);
  const views: [string, string][] = [
    ['a poll', story(poll)],
    ['the list', listed.map(story).join(' and ') || 'nothing'],
    ['the event stream', stream === undefined ? 'nothing' : story(stream)],
  ];
  const faults = views.flatMap(([view, got]) => (got === wanted ? [] : [`${view} says ${got}, not ${wanted}`]));
  const { temporal } = ENDS[end];
  if (executions[0] !== temporal) faults.push(`Temporal says ${executions.join(', ') || 'nothing'}, not ${temporal}`);
  return faults;
}

function judgeCallbacks({ end, callbacks }: Promised, seen: Evidence): string[] {
  const taken = [...seen.callbacks, ...seen.callbacksElsewhere].filter(({ status }) => status === 204);
  const faults = taken.length === callbacks ? [] : [`receivers accepted ${taken.length} callbacks, not ${callbacks}`];
  const all = [...seen.callbacks, ...seen.callbacksElsewhere];
  const { run } = ENDS[end];
  const text = run === 'completed' ? seen.expectedText : undefined;
  if (all.some(({ body }) => body.status !== run || (text !== undefined && body.text !== text))) {
    faults.push(`a callback says ${[...new Set(all.map(({ body }) => body.status))].join(' and ')}, not ${run}`);
  }
  if (all.some(({ webhookId }) => webhookId !== seen.runId)) faults.push('a callback has another webhook-id');
  return faults;
}

function judgeMoney({ end, paidCalls }: Promised, { calls, state }: Evidence): string[] {
  const faults = calls.length === paidCalls ? [] : [`the agent was asked ${calls.length} times, not ${paidCalls}`];
  const heard = calls.filter(({ aborted }) => !aborted).length;
  const wanted = ENDS[end].run === 'completed' ? 1 : 0;
  if (AT_WORK.includes(state) && heard !== wanted) faults.push(`${heard} calls were heard to their end, not ${wanted}`);
  return faults;
}

function judgeOpen({ end }: Promised, { openActivities, streamEnded, executions }: Evidence): string[] {
  if (HELD.includes(end)) return [];
  // Temporal names the activities of a workflow that was terminated for ever.
  const faults =
    openActivities.length === 0 || executions[0] !== 'RUNNING' ? [] : [`open at the end: ${openActivities.join(', ')}`];
  if (!streamEnded) faults.push('the event stream has no end');
  return faults;
}
