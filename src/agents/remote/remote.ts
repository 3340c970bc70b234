import { setTimeout as sleep } from 'node:timers/promises';
import type { FailureType } from '../../contract/failures.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { readRetryAfter } from '../../timing/read-retry-after.ts';
import { isRecord } from '../../values/is-record.ts';
import { type Agent, type AgentContext, AgentError, isHandOver } from '../agent.ts';
import { sortHttpFailure } from '../http-failures.ts';
import { parseJson } from '../json-path.ts';
import { checkOutput, readLimit } from '../read-result.ts';
import type { Reply } from '../request-reply.ts';
import { tooLarge } from '../too-large.ts';
import { compilePlan, type Handle, type RemotePlan, type RemoteView, type Send } from './remote-plan.ts';
import type { RemoteSettings, StatusOutcome } from './remote-settings.ts';

const FORM_FIX = "Check the agent's url and preset, and that no proxy replaces its answers.";

/** Longest delay between polls that fail. */
const LONGEST_DELAY_MS = 30_000;
/** Within the time that an aborted adapter has. */
const CANCEL_MS = 3000;

/** What is kept: first that the work may have been started, under which key, then its handle. */
interface Kept {
  readonly callKey: string;
  readonly handle?: Handle;
}

const OUTCOMES: Readonly<Record<Exclude<StatusOutcome, 'completed'>, readonly [FailureType, string, string?]>> = {
  failed: ['AgentFailed', 'reported that the task failed'],
  timed_out: [
    'AgentTimeout',
    'reported that the task took too long',
    "Raise the agent's own timeout, or ask for less.",
  ],
  canceled: ['AgentFailed', 'reported that the task was canceled on its side'],
  refused: ['TaskRefused', 'refused the task'],
  cut_off: ['TokenBudgetExceeded', 'stopped at its own limit before the answer was complete'],
  input_required: ['TaskRefused', 'waits for an input', 'Say everything in the task, or let the agent decide alone.'],
};

/**
 * An agent that works by a handle: it is started, polled, and canceled. The handle is kept before anything is waited for, so that
 * work that a lost worker has started is followed and not started again.
 *
 * @throws TypeError when settings are missing
 */
export function createRemoteAgent(settings: RemoteSettings): Agent {
  const plan = compilePlan(settings);
  return {
    async run(text, context) {
      context.signal.throwIfAborted();
      const kept = readKept(context.resumed);
      const call = new RemoteCall(plan, context, kept, text);
      return await call.run();
    },
  };
}

class RemoteCall {
  readonly #plan: RemotePlan;
  readonly #context: AgentContext;
  readonly #resumed: Kept | undefined;
  #view: RemoteView;

  constructor(plan: RemotePlan, context: AgentContext, resumed: Kept | undefined, text: string) {
    this.#plan = plan;
    this.#context = context;
    this.#resumed = resumed;
    const callKey = resumed?.callKey ?? `${context.runId}-${context.call}`;
    this.#view = plan.toView(text, context, callKey);
  }

  async run(): Promise<AgentAnswer> {
    const handle = this.#resumed?.handle;
    const answered = handle === undefined ? await this.#start() : this.#hold(handle);
    if (answered !== undefined) return answered;
    try {
      return await this.#follow();
    } catch (error) {
      const { signal } = this.#context;
      // A later attempt follows the work; otherwise nobody wants it any more.
      const isWanted = signal.aborted && isHandOver(signal.reason);
      if (!isWanted && (signal.aborted || isUnfinished(error))) await this.#cancel();
      signal.throwIfAborted();
      throw error;
    }
  }

  #hold(handle: Handle): undefined {
    this.#view = { ...this.#view, handle };
  }

  /** @returns an answer that came at once; undefined when there is a handle */
  async #start(): Promise<AgentAnswer | undefined> {
    const { checkpoint, maxAnswerBytes, report } = this.#context;
    const { call_key: callKey } = this.#view;
    if (this.#resumed !== undefined && !this.#plan.idempotent) {
      const fix = 'Look on the remote side whether it works on the task; it is now started again.';
      throw new AgentError('ConnectionLost', 'may have started the task, but its worker was lost before it knew', {
        fix,
      });
    }
    await checkpoint({ callKey });
    const sentAt = performance.now();
    const reply = await this.#send(this.#plan.start, () => report('the agent has the task'));
    const body = this.#readBody(reply);
    const handle = body === undefined ? undefined : this.#plan.readHandle(body);
    if (handle !== undefined) {
      await checkpoint({ callKey, handle });
      return this.#hold(handle);
    }
    const output = body === undefined ? undefined : this.#plan.readAnswered(body);
    if (output === undefined) throw sortHttpFailure(reply, performance.now() - sentAt, FORM_FIX);
    return { output: checkOutput(output, maxAnswerBytes), ...this.#plan.readUsage(body) };
  }

  /** Polls until the work ends. What a poll fails with says nothing about the work, which goes on. */
  async #follow(): Promise<AgentAnswer> {
    const { report, signal } = this.#context;
    const { pollIntervalMs } = this.#plan;
    for (let fails = 0; ;) {
      const { outcome, body, pauseMs } = await this.#poll();
      if (outcome === 'completed') return await this.#readAnswer(body);
      if (outcome !== undefined && outcome !== 'working') throw failureOf(outcome);
      fails = outcome === undefined ? fails + 1 : 0;
      report(
        outcome === undefined ? 'the agent does not tell its status; asking again' : 'the agent works on the task',
      );
      const delayMs = Math.min(pollIntervalMs * 2 ** Math.min(fails, 20), Math.max(LONGEST_DELAY_MS, pollIntervalMs));
      await sleep(Math.max(delayMs, pauseMs), undefined, { signal });
    }
  }

  /** @returns no outcome where the poll failed */
  async #poll(): Promise<{ outcome?: StatusOutcome | 'working' | undefined; body?: unknown; pauseMs: number }> {
    let reply: Reply;
    try {
      reply = await this.#send(this.#plan.poll);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (isUnanswered(error)) return { pauseMs: 0 };
      throw error;
    }
    const body = this.#readBody(reply);
    if (reply.status === 404 || reply.status === 410 || this.#plan.isGone(body)) {
      const fix = 'Check how long the agent keeps its tasks: longer than poll_interval, and over its restarts.';
      throw new AgentError('ConnectionLost', `does not know the task any more (${reply.status})`, { fix });
    }
    const pauseMs = Math.min(readRetryAfter(reply.headers['retry-after']) ?? 0, LONGEST_DELAY_MS);
    return { outcome: body === undefined ? undefined : this.#plan.readOutcome(body), body, pauseMs };
  }

  async #readAnswer(polled: unknown): Promise<AgentAnswer> {
    const { result, isWaiting, readOutput, readUsage } = this.#plan;
    const body = result === undefined ? polled : await this.#readResult(result);
    if (isWaiting(body)) throw failureOf('input_required');
    const output = readOutput(body);
    if (output === undefined) {
      throw new AgentError('ModelAnswerUnreadable', 'completed the task without a text', { fix: FORM_FIX });
    }
    return { output: checkOutput(output, this.#context.maxAnswerBytes), ...readUsage(body) };
  }

  /** The work is done, so a result that can't be read now is asked for again. */
  async #readResult(result: Send): Promise<unknown> {
    for (let delayMs = this.#plan.pollIntervalMs; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
      const reply = await this.#send(result).catch((error: unknown) => {
        this.#context.signal.throwIfAborted();
        if (!isUnanswered(error)) throw error;
      });
      const body = reply && this.#readBody(reply);
      if (body !== undefined) return body;
      await sleep(delayMs, undefined, { signal: this.#context.signal });
    }
  }

  /** The JSON of an answer; undefined where it has none. */
  #readBody(reply: Reply): unknown {
    const { status, text, truncated } = reply;
    if (status < 200 || status >= 300) return undefined;
    if (truncated) throw tooLarge(this.#context.maxAnswerBytes);
    return parseJson(text);
  }

  #send(send: Send, onConnected = (): void => undefined): Promise<Reply> {
    const { signal, traceHeaders, maxAnswerBytes } = this.#context;
    return send(this.#view, { signal, traceHeaders, maxBytes: readLimit(maxAnswerBytes), onConnected });
  }

  async #cancel(): Promise<void> {
    const { cancel } = this.#plan;
    const { traceHeaders, logger } = this.#context;
    const sent = cancel?.(this.#view, { signal: AbortSignal.timeout(CANCEL_MS), traceHeaders, maxBytes: () => 4096 });
    const status = await sent?.then((reply) => reply.status).catch(() => undefined);
    if (cancel !== undefined && (status === undefined || status >= 300)) {
      logger.warn({ status_code: status }, 'a remote agent took no cancel; it may work on');
    }
  }
}

function failureOf(outcome: keyof typeof OUTCOMES): AgentError {
  const [type, what, fix] = OUTCOMES[outcome];
  return new AgentError(type, what, fix === undefined ? {} : { fix });
}

/** Whether a request had no answer, which says nothing about the work. One that can't be made never has one. */
function isUnanswered(error: unknown): boolean {
  return error instanceof AgentError && error.type !== 'TaskRefused';
}

/** Whether the work may still go on after this failure. */
function isUnfinished(error: unknown): boolean {
  return error instanceof AgentError && error.message === OUTCOMES.input_required[1];
}

/** Kept by this adapter's older self, so of its form. */
function readKept(resumed: unknown): Kept | undefined {
  return isRecord(resumed) && typeof resumed['callKey'] === 'string' ? (resumed as unknown as Kept) : undefined;
}
