import type { Connection } from '@temporalio/client';
import { REDELIVERY_WORKFLOW } from '../contract/names.ts';
import type { AnswerClaim } from '../contract/answer-link.ts';
import type { CallClaim } from '../contract/call-token.ts';
import { type AgentAnswer, MAX_REDELIVERIES } from '../contract/run.ts';
import { deriveSessionId } from '../contract/session-id.ts';
import type { SessionView } from '../contract/session.ts';
import { ProblemError } from '../protocol/problem-error.ts';
import type { Progress } from '../protocol/progress-request.ts';
import type { RunResource } from '../protocol/run-resource.ts';
import { pause } from '../timing/until.ts';
import { type AskedRun, findAsked, judgeAnswer, type NamedAnswer, sendAnswer } from './answer-question.ts';
import { type AskOptions, createAskTemporal } from './ask-temporal.ts';
import { completeCall } from './complete-call.ts';
import { deleteRun } from './delete-run.ts';
import { EndedRuns } from './ended-runs.ts';
import { type ListRequest, listRuns, type RunPage } from './list-runs.ts';
import { type PostedEnd, postProgress } from './post-progress.ts';
import { readRun } from './read-run.ts';
import { requireWorker } from './require-worker.ts';
import type { RunFacts } from './run-facts.ts';
import { RunFanOut } from './run-fan-out.ts';
import type { RunKind, RunLinks, RunState } from './run-kind.ts';
import { createRunSessions } from './run-sessions.ts';
import { createFindPosition } from './session-positions.ts';
import { kindOf } from './run-kinds.ts';
import type { RunReply } from './run-reply.ts';
import { createRecordRun, type RecordRun } from './record-run.ts';

/**
 * The only way from HTTP to Temporal. Every method answers within the deadline or rejects with a `ProblemError`:
 * `temporal_unavailable` when Temporal is away, hung or refuses, `not_found` for an unknown run and for a run of
 * another client alike.
 */
export interface RunClient {
  readonly start: RecordRun;
  get(runId: string, client: string): Promise<RunResource>;
  /** Like `get`, but holds until the run is terminal, it asks a person, `seconds` have passed, or the caller is gone. */
  wait(runId: string, client: string, seconds: number, signal: AbortSignal): Promise<RunResource>;
  /** One page of a client's runs, as Temporal's list knows them; see `listRuns`. */
  list(request: ListRequest): Promise<RunPage>;
  /**
   * The run as it stands, then each time that it has changed, until it is settled. Ends before that when `signal` is
   * aborted, when the run expires and with `close`. Only the first `next` rejects.
   */
  follow(runId: string, client: string, signal: AbortSignal): AsyncGenerator<RunState, void, undefined>;
  /** Asks the run to stop. */
  cancel(runId: string, client: string): Promise<RunReply>;
  /**
   * Gives a person's answer to a run that asks for it; `unchanged` for the answer that counts already.
   *
   * Rejects with `already_answered`, `not_asked`, `invalid_parameter` for what is none of the choices, or `worker_unavailable`.
   */
  answer(runId: string, client: string, answer: NamedAnswer): Promise<RunReply>;
  /** What a link asks, whosever the run is; undefined where the run, or that question, is not there any more. */
  readAsked(claim: AnswerClaim): Promise<AskedRun | undefined>;
  /** Sends a callback again that is dead, is being retried or was delivered. */
  redeliver(runId: string, client: string, url?: string): Promise<RunReply>;
  /**
   * Deletes a closed run from Temporal for good, within half a minute. Its delivery id is then as good as new.
   *
   * Rejects with `run_open` while the run or a redelivery of its callback is open.
   */
  delete(runId: string, client: string): Promise<void>;
  /** The turns of a client's session; undefined where it has no run at the moment. */
  readSession(key: string, client: string): Promise<SessionView | undefined>;
  /** Cancels the runs that wait in a client's session. */
  emptySession(key: string, client: string): Promise<void>;
  /**
   * Gives a call of an agent its answer; see `completeCall`.
   *
   * @returns whether the call waited for it
   */
  completeCall(claim: CallClaim, answer: AgentAnswer | undefined): Promise<boolean>;
  /** Shows what an agent posts of its call; see `postProgress`. */
  postProgress(claim: CallClaim, progress: Progress): Promise<PostedEnd>;
  /** Ends every wait and whatever is followed. */
  close(): Promise<void>;
}

export interface RunClientOptions extends AskOptions {
  /** As `connectForPolls` makes it: the native connection can't abort a long poll. */
  readonly pollConnection: Connection;
  readonly taskQueue: string;
  /**
   * The build ID of a worker of this process that is not versioned and shares the native connection: it then gets the first
   * workflow task with the start. Undefined: there is none.
   */
  readonly ownBuild: string | undefined;
  /** How long a request waits for Temporal, in milliseconds. */
  readonly deadlineMs: number;
  /** Where links lead. Default: to paths of this API alone. */
  readonly links?: RunLinks;
}

/** Before a wait goes on with the next execution of a run. */
const BETWEEN_EXECUTIONS_MS = 200;

/** The run client on a real Temporal server. */
export function createRunClient(options: RunClientOptions): RunClient {
  const ask = createAskTemporal(options);
  const { links = {} } = options;
  const ended = new EndedRuns();
  const onUnreadable = ({ message }: Error): void =>
    options.logger.error({ call: 'list', reason: message }, 'left a run out of a list: it cannot be read');
  const sessions = createRunSessions(ask, options.taskQueue);
  const findPosition = createFindPosition(ask);

  /** When a call of the API that begins now must have its answer. */
  const deadline = (): number => performance.now() + options.deadlineMs;

  /** Only a run that waits for its turn costs a call more. */
  const withPosition = async (run: RunResource, { memo, pending }: RunFacts, until: number): Promise<RunResource> => {
    const { sessionKey, client } = memo;
    if (run.status !== 'queued' || sessionKey === undefined || pending.length > 0) return run;
    const position = await findPosition(deriveSessionId(client, sessionKey), run.id, until);
    return position === undefined ? run : { ...run, position };
  };
  /** @param client undefined: whosever it is */
  const read = async (runId: string, client: string | undefined, until = deadline()): Promise<ReadRun> => {
    const facts = await ask('describe', until, (temporal) => readRun(temporal, runId, client));
    if (facts === undefined) throw new ProblemError('not_found', 'Run not found.');
    const kind = kindOf(facts);
    const run = await withPosition(kind.project(facts, links), facts, until);
    return { kind, facts, run, settled: kind.isSettled(run) };
  };
  /** The run after a request that was carried out; as it was before where Temporal is too late to tell. */
  const readAfter = async (before: RunResource, client: string, until: number): Promise<RunReply> => {
    const after = await read(before.id, client, until).catch((error: unknown) => {
      if (error instanceof ProblemError) return { run: before };
      throw error;
    });
    return { run: after.run, unchanged: false };
  };
  const fanOut = new RunFanOut({
    connection: options.pollConnection,
    namespace: options.namespace,
    read: (runId) => read(runId, undefined),
  });

  return {
    start: createRecordRun({
      ask,
      sessions,
      links,
      taskQueue: options.taskQueue,
      ownBuild: options.ownBuild,
      deadline,
      isConnected: () => options.connection() !== undefined,
    }),

    get: async (runId, client) => (await read(runId, client)).run,

    async wait(runId, client, seconds, signal) {
      const { run, kind } = await read(runId, client);
      if (run.terminal) return run;
      const over = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
      // A caller who knows the question waits for the answer.
      let asks = run.status === 'input_required';
      let changes = 0;
      for (;;) {
        changes = await fanOut.wait(runId, kind, over, changes);
        signal.throwIfAborted();
        const { run: now } = await read(runId, client);
        const isAsked = now.status === 'input_required' && !asks;
        // A reset closes the execution that was watched, and the run goes on in another one.
        if (now.terminal || isAsked || over.aborted || fanOut.closed) return now;
        asks = now.status === 'input_required';
        await pause(BETWEEN_EXECUTIONS_MS, over);
      }
    },

    list: (request) =>
      ask('list', deadline(), (temporal) => listRuns(temporal, request, { ended, links, onUnreadable })),

    async *follow(runId, client, signal) {
      const readAt = performance.now();
      const { kind, run, settled } = await read(runId, client);
      yield { run, settled };
      if (!settled) yield* fanOut.listen(runId, kind, { run, settled, readAt }, signal);
    },

    async cancel(runId, client) {
      const until = deadline();
      const { kind, facts, run } = await read(runId, client, until);
      if (run.terminal) return { run, unchanged: true };
      await requireWorker(ask, facts, options.taskQueue, until);
      await ask('cancel', until, (temporal) => kind.cancel(temporal.workflow.getHandle(runId)));
      return readAfter(run, client, until);
    },

    async readAsked(claim) {
      try {
        const { facts, run } = await read(claim.runId, undefined);
        return findAsked(facts, claim, run.terminal);
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'not_found') return undefined;
        throw error;
      }
    },

    async answer(runId, client, answer) {
      const { facts, run } = await read(runId, client);
      if (judgeAnswer(facts, answer, run.terminal) === 'repeat') return { run, unchanged: true };
      if (await sendAnswer(ask, runId, answer)) return readAfter(run, client, deadline());
      // It has closed or settled the question in the meantime: what its memo says now decides.
      const after = await read(runId, client);
      judgeAnswer(after.facts, answer, true);
      return { run: after.run, unchanged: true };
    },

    async redeliver(runId, client, url) {
      const until = deadline();
      const { kind, facts, run } = await read(runId, client, until);
      const { status } = run.callback;
      const isClosed = facts.workflow !== 'open';
      const request = url === undefined ? {} : { url };
      const again = isClosed ? kind.redeliverClosed(facts, options.taskQueue, request) : undefined;
      // A dead letter that expired, or that was canceled, is over; a redelivery of a closed run can be repeated whatever became of it.
      const isOver = again === undefined || (status !== 'delivered' && facts.redelivery === undefined);
      // Nothing is sent again during the first attempt, unless it is to go elsewhere: the API hides the query of an address.
      const isElsewhere = status === 'pending' && run.terminal && url !== undefined && url !== run.callback.url;
      const canSend = isElsewhere || status === 'dead' || status === 'retrying';
      if (isClosed ? isOver : !canSend) return { run, unchanged: true };
      if (kind.redeliveries(facts) >= MAX_REDELIVERIES) {
        const often = `The callback was sent again ${MAX_REDELIVERIES} times: poll the run for its outcome.`;
        throw new ProblemError('too_many_redeliveries', often);
      }
      try {
        if (again === undefined) {
          await requireWorker(ask, facts, options.taskQueue, until);
          await ask('signal', until, (temporal) => kind.redeliver(temporal.workflow.getHandle(runId), request));
        } else {
          if (facts.redelivery?.workflow === 'open')
            await requireWorker(ask, facts.redelivery, options.taskQueue, until);
          await ask('signalWithStart', until, (temporal) =>
            temporal.workflow.signalWithStart(REDELIVERY_WORKFLOW, again),
          );
        }
      } catch (error) {
        // The run has just been read, so that it is there: closed, and nothing can be sent any more.
        if (error instanceof ProblemError && error.code === 'not_found') return { run, unchanged: true };
        throw error;
      }
      return readAfter(run, client, until);
    },

    async delete(runId, client) {
      const until = deadline();
      const { facts, run } = await read(runId, client, until);
      const why = refuseToDelete(facts, run);
      if (why !== undefined) throw new ProblemError('run_open', why);
      await ask('delete', until, (temporal) => deleteRun(temporal, runId));
      ended.forget(runId);
    },

    readSession: (key, client) => sessions.read(deriveSessionId(client, key), deadline()),

    emptySession: (key, client) => sessions.empty(deriveSessionId(client, key), deadline()),

    async completeCall(claim, answer) {
      try {
        return await ask('completeCall', deadline(), (temporal) => completeCall(temporal, claim, answer));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'not_found') return false;
        throw error;
      }
    },

    async postProgress(claim, progress) {
      try {
        return await ask('postProgress', deadline(), (temporal) => postProgress(temporal, claim, progress));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'not_found') return 'over';
        throw error;
      }
    },

    async close() {
      fanOut.close();
    },
  };
}

/** Why a run can't be deleted; undefined where it can. */
function refuseToDelete({ workflow, redelivery }: RunFacts, { terminal, callback }: RunResource): string | undefined {
  if (redelivery?.workflow === 'open') return 'Its callback is being sent again: delete the run when that has ended.';
  if (workflow !== 'open') return undefined;
  if (!terminal) return 'The run has not ended: cancel it, or wait for its end, then delete it.';
  const dead =
    'Its callback is dead and can be redelivered: redeliver it, or delete the run when the dead letter has expired.';
  return callback.status === 'dead' ? dead : 'Its callback is not delivered yet: delete the run when it is.';
}

interface ReadRun extends RunState {
  readonly facts: RunFacts;
  readonly kind: RunKind;
}
