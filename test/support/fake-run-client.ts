import type { AnswerClaim } from '../../src/contract/answer-link.ts';
import type { CallClaim } from '../../src/contract/call-token.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';
import type { SessionView } from '../../src/contract/session.ts';
import type { AskedRun, NamedAnswer } from '../../src/runs/answer-question.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { PostedEnd } from '../../src/runs/post-progress.ts';
import type { RunClient } from '../../src/runs/run-client.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { matchesFilter } from '../../src/runs/list-query.ts';
import type { ListRequest, RunPage } from '../../src/runs/list-runs.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { RUN_KINDS } from '../../src/runs/run-kinds.ts';
import type { Readiness } from '../../src/runs/temporal-watch.ts';
import type { RunState } from '../../src/runs/run-kind.ts';

/**
 * A run client without Temporal: runs live in a map, a duplicate is judged as the real one judges it, and `failure`
 * makes every call reject.
 */
export class FakeRunClient implements RunClient {
  readonly started: AcceptedTask[] = [];
  /** Every call that would have reached Temporal, in order: `get run-…`. */
  readonly calls: string[] = [];
  /** What was asked of the list, in order. */
  readonly lists: ListRequest[] = [];
  readonly answers: NamedAnswer[] = [];
  readonly redelivered: (string | undefined)[] = [];
  failure: Error | undefined;
  /** What `/readyz` is told. */
  readiness: Readiness = 'ready';
  /** Waits that are held at the moment. */
  waiting = 0;
  /** Runs that are followed at the moment. */
  following = 0;
  #closed = new AbortController();
  #runs = new Map<string, { task: AcceptedTask; run: RunResource }>();
  #changed = new EventTarget();

  async start(task: AcceptedTask): Promise<RunReply> {
    this.#call('start', task.runId);
    const known = this.#runs.get(task.runId);
    if (known !== undefined) {
      const differs = known.task.memo.bodySha256 !== task.memo.bodySha256;
      if (differs && task.anyBody !== true) {
        throw new ProblemError('idempotency_conflict', 'The key was used for another body: use a new one.');
      }
      return { run: known.run, unchanged: true, ...(differs && ({ differs } as const)) };
    }
    this.started.push(task);
    const run = toRun(task);
    this.#runs.set(task.runId, { task, run });
    return { run, unchanged: false };
  }

  async get(runId: string, client: string): Promise<RunResource> {
    this.#call('get', runId);
    return this.#find(runId, client);
  }

  async wait(runId: string, client: string, seconds: number, signal: AbortSignal): Promise<RunResource> {
    this.#call('wait', runId);
    const ended = AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(seconds * 1000)]);
    this.waiting += 1;
    try {
      if (!this.#find(runId, client).terminal) await nextEvent(this.#changed, ended);
    } finally {
      this.waiting -= 1;
    }
    signal.throwIfAborted();
    return this.#find(runId, client);
  }

  /** What was completed: the calls in order. A call is completed once. */
  readonly completed: { readonly claim: CallClaim; readonly answer: AgentAnswer | undefined }[] = [];

  async postProgress(claim: CallClaim): Promise<PostedEnd> {
    this.#call('postProgress', claim.workflowId);
    return 'taken';
  }

  async completeCall(claim: CallClaim, answer: AgentAnswer | undefined): Promise<boolean> {
    this.#call('completeCall', claim.workflowId);
    if (this.completed.some((one) => one.claim.workflowId === claim.workflowId)) return false;
    this.completed.push({ claim, answer });
    return true;
  }

  /** Pages of `limit` runs, newest first; the page token is the index of the next one. */
  async list(request: ListRequest): Promise<RunPage> {
    const { client, filter, limit, pageToken } = request;
    this.#call('list', client);
    this.lists.push(request);
    const own = [...this.#runs.values()].filter(({ task }) => task.memo.client === client).toReversed();
    const begin = Number(new TextDecoder().decode(pageToken) || 0);
    const runs = own.slice(begin, begin + limit).flatMap(({ run }) => (matchesFilter(run, filter) ? [run] : []));
    const end = begin + limit;
    return { runs, ...(end < own.length && { pageToken: new TextEncoder().encode(String(end)) }) };
  }

  async *follow(runId: string, client: string, signal: AbortSignal): AsyncGenerator<RunState, void, undefined> {
    this.#call('follow', runId);
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    this.following += 1;
    try {
      for (;;) {
        const run = this.#find(runId, client);
        const settled = RUN_KINDS.agentRun.isSettled(run);
        yield { run, settled };
        if (settled) return;
        while (!ended.aborted && this.#find(runId, client) === run) await nextEvent(this.#changed, ended);
        if (ended.aborted) return;
      }
    } finally {
      this.following -= 1;
    }
  }

  async cancel(runId: string, client: string): Promise<RunReply> {
    this.#call('cancel', runId);
    const run = this.#find(runId, client);
    return { run, unchanged: run.terminal };
  }

  async answer(runId: string, client: string, answer: NamedAnswer): Promise<RunReply> {
    this.#call('answer', runId);
    const asked = this.asked.get(`${runId} ${answer.question}`);
    if (asked?.question.answer !== undefined) {
      throw new ProblemError('already_answered', `in the fake's own words: ${asked.question.answer}`);
    }
    if (asked !== undefined && asked.question.state !== 'open') {
      throw new ProblemError('not_asked', "in the fake's own words");
    }
    if (asked?.question.choices?.includes(answer.answer) === false) {
      throw new ProblemError('invalid_parameter', 'answer: is none of the choices');
    }
    this.answers.push(answer);
    if (asked !== undefined) {
      const settled = {
        state: 'answered',
        answer: answer.answer,
        by: answer.by ?? '',
        answeredAt: '2026-01-31T12:34:56.000Z',
      } as const;
      this.asked.set(`${runId} ${answer.question}`, { ...asked, question: { ...asked.question, ...settled } });
      return { run: { id: runId } as RunResource, unchanged: false };
    }
    return { run: await this.get(runId, client), unchanged: false };
  }

  /** What links ask, by the run and the id of the question. Answers settle it. */
  readonly asked = new Map<string, AskedRun>();

  async readAsked({ runId, question, askedAt }: AnswerClaim): Promise<AskedRun | undefined> {
    this.#call('readAsked', runId);
    const found = this.asked.get(`${runId} ${question}`);
    return found && Date.parse(found.question.askedAt) === askedAt ? found : undefined;
  }

  async redeliver(runId: string, client: string, url?: string): Promise<RunReply> {
    this.#call('redeliver', runId);
    const run = this.#find(runId, client);
    this.redelivered.push(url);
    return { run, unchanged: run.callback.status !== 'dead' };
  }

  async delete(runId: string, client: string): Promise<void> {
    this.#call('delete', runId);
    if (!this.#find(runId, client).terminal) throw new ProblemError('run_open', 'The run has not ended: cancel it.');
    this.#runs.delete(runId);
  }

  /** What `GET /v1/sessions/:key` is told, by key. */
  readonly sessions = new Map<string, SessionView>();

  async readSession(key: string, client: string): Promise<SessionView | undefined> {
    this.#call('readSession', `${client} ${key}`);
    return this.sessions.get(key);
  }

  async emptySession(key: string, client: string): Promise<void> {
    this.#call('emptySession', `${client} ${key}`);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#changed.dispatchEvent(new Event('change'));
  }

  /** Changes what a run reads as, and ends the waits for it. */
  update(runId: string, change: Partial<RunResource>): void {
    const entry = this.#runs.get(runId);
    if (entry === undefined) throw new Error(`no run ${runId} was started`);
    this.#runs.set(runId, { ...entry, run: { ...entry.run, ...change } });
    this.#changed.dispatchEvent(new Event('change'));
  }

  #call(method: string, runId: string): void {
    this.calls.push(`${method} ${runId}`);
    if (this.failure !== undefined) throw this.failure;
  }

  #find(runId: string, client: string): RunResource {
    const entry = this.#runs.get(runId);
    if (entry === undefined || entry.task.memo.client !== client) {
      throw new ProblemError('not_found', `in the fake's own words: ${runId}`);
    }
    return entry.run;
  }
}

function toRun(task: AcceptedTask): RunResource {
  return {
    id: task.runId,
    workflow_id: task.runId,
    ...(task.memo.summary !== undefined && { summary: task.memo.summary }),
    status: 'queued',
    terminal: false,
    callback: { status: task.input.callback === undefined ? 'none' : 'pending' },
    ...(task.memo.startsAt !== undefined && { starts_at: task.memo.startsAt }),
    ...(task.memo.deliveryId !== undefined && { delivery_id: task.memo.deliveryId }),
    ...(task.memo.metadata && { metadata: task.memo.metadata }),
    ...(task.input.task.sessionKey !== undefined && { session_key: task.input.task.sessionKey }),
    links: { self: `/v1/runs/${task.runId}` },
  };
}

function nextEvent(target: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    target.addEventListener('change', () => resolve(), { once: true });
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
