import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResource } from '../protocol/run-resource.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { Progress } from './show/progress.ts';
import type { StreamedAnswer } from './show/streamed-answer.ts';
import { showAttempt, STATUS_PHRASES } from './show/show-run.ts';

/** A long poll answers as soon as the run ends; shorter polls show attempts and progress meanwhile. */
const POLL_SECONDS = 5;
/** While an answer is being written; its worker tells every 2 s. */
const STREAMING_POLL_SECONDS = 2;
/** The same where each look goes on with the answer. */
const ANSWER_POLL_SECONDS = 1;
/** The latest words of an answer that fit into a line. */
const MAX_WORDS = 80;
const RETRY_MS = 1_000;
const PATIENCE_MS = 60_000;

export interface FollowOptions {
  readonly progress: Progress;
  /** Writes the answer while it comes. Without it the progress shows its latest words. */
  readonly answer?: StreamedAnswer | undefined;
  /** The run as it was last seen; without it the run is read first. */
  readonly seen?: RunResource;
  /** Ends the waiting; `followRun` then rejects with its reason. */
  readonly interrupted: AbortSignal;
  /** How long to wait for the end of the run, in milliseconds; no limit by default. */
  readonly timeoutMs?: number | undefined;
  /** How long the server may be unreachable, in milliseconds. Default: 60 s. */
  readonly patienceMs?: number;
}

/**
 * Follows a run to its end, through restarts of the server.
 *
 * @returns the run; not terminal when `timeoutMs` elapsed
 * @throws ApiError when the server refuses, or is unreachable for longer than `patienceMs`
 */
export async function followRun(api: ApiClient, id: string, options: FollowOptions): Promise<RunResource> {
  const { progress, answer, interrupted, timeoutMs = Number.POSITIVE_INFINITY, patienceMs = PATIENCE_MS } = options;
  const endsAt = performance.now() + timeoutMs;
  let run = options.seen ?? (await api.getRun(id));
  let lastHeard = performance.now();
  while (!run.terminal && performance.now() < endsAt) {
    showState(run, options);
    const seconds = Math.ceil(Math.min(pollSeconds(run, answer), (endsAt - performance.now()) / 1000));
    try {
      run = await api.getRun(id, seconds);
      lastHeard = performance.now();
    } catch (error) {
      if (!(error instanceof ApiError) || !error.passing || performance.now() - lastHeard > patienceMs) throw error;
      answer?.breakLine();
      progress.show(`${error.message} Retrying…`);
      await sleep(Math.min(error.retryAfterMs ?? RETRY_MS, patienceMs), undefined, { signal: interrupted });
    }
  }
  return run;
}

function showState(run: RunResource, { progress, answer }: FollowOptions): void {
  // Both may be on one terminal.
  if (answer !== undefined && run.agent?.text !== undefined) progress.hide();
  answer?.add(run);
  if (answer?.hasBegun !== true) progress.show(describe(run));
}

function pollSeconds({ agent }: RunResource, answer: StreamedAnswer | undefined): number {
  if (agent?.text === undefined && answer === undefined) return POLL_SECONDS;
  return answer?.hasBegun === true ? ANSWER_POLL_SECONDS : STREAMING_POLL_SECONDS;
}

function describe({ id, status, agent, position }: RunResource): string {
  const place = position === undefined ? '' : `number ${position} in its session`;
  const attempt = status === 'running' ? showAttempt(agent?.attempt, agent?.max_attempts) : '';
  const state = [`${id} ${STATUS_PHRASES[status]}`, attempt, place].filter((part) => part !== '').join(', ');
  if (agent?.last_error !== undefined) return `${state} (last error: ${agent.last_error})`;
  const written = agent?.text === undefined ? agent?.progress : `…${agent.text.text.slice(-MAX_WORDS)}`;
  return written === undefined ? state : `${state}: ${written}`;
}
