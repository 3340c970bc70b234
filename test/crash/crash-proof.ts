import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Connection } from '@temporalio/client';
import { deriveRunId } from '../../src/contract/run-id.ts';
import { type AgentEvent, readAgentLedger } from './agent-ledger.ts';
import { type CallbackLedger, isTaken } from './callback-ledger.ts';
import type { CrashStack } from './crash-stack.ts';
import { preciseNow } from './precise-now.ts';
import { judgeRun, type RunVerdict } from './judge-run.ts';
import type { PlannedKill } from './kill-plan.ts';
import type { Row } from './table.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface CrashProofParts {
  readonly stack: CrashStack;
  readonly sender: WebhookSender;
  readonly receiver: CallbackLedger;
  readonly connection: Connection;
  readonly runsPerKill: number;
  /** Webhooks a second. Absent: all of a round at once. */
  readonly perSecond?: number | undefined;
  /** How long Temporal stays away when it is killed, in milliseconds. */
  readonly outageMs: number;
}

/** A run that is to be accepted. */
interface PlannedRun {
  readonly key: string;
  readonly task: string;
  readonly runId: string;
  /** When it is sent, from the begin of the round, in milliseconds. */
  readonly dueMs: number;
}

/** A round with its row, faults and all. */
export interface RoundReport {
  readonly row: Row;
  readonly faults: readonly string[];
  /** How long what was lost had been on its way to the worker's disk, in milliseconds. */
  readonly lostOnTheWay: { readonly answers: readonly number[]; readonly receipts: readonly number[] };
}

/** Every run of a round must be delivered by then. */
const ROUND_TIMEOUT_MS = 90_000;

/** Posts webhooks, kills something in their midst, and counts. */
export class CrashProof {
  /** The longest that a webhook's answer took. */
  slowestAnswerMs = 0;
  readonly #parts: CrashProofParts;
  readonly #client: Client;
  readonly #workerKills: number[] = [];
  #rounds = 0;

  constructor(parts: CrashProofParts) {
    this.#parts = parts;
    this.#client = new Client({ connection: parts.connection, namespace: 'default' });
  }

  /** One round: ends when every run of it is delivered and closed, or the time is up. */
  async round({ victim, afterMs }: PlannedKill): Promise<RoundReport> {
    const { stack, receiver, outageMs } = this.#parts;
    const runs = await this.#planRuns();
    const lastMs = runs.at(-1)?.dueMs ?? 0;
    const patience = AbortSignal.timeout(Math.max(afterMs, lastMs) + ROUND_TIMEOUT_MS);
    setMaxListeners(0, patience);
    const startedAt = preciseNow();
    const sent = this.#sendAll(runs, patience);
    await sleep(afterMs);
    const killedAt = preciseNow();
    const left = runs.filter(({ runId }) => !receiver.events.get(runId)?.some(isTaken));
    if (victim !== undefined) {
      if (victim === 'worker') this.#workerKills.push(killedAt);
      await stack.processes[victim].kill(victim === 'temporal' ? outageMs : 0);
    }
    const faults = await sent;
    await receiver.delivered(
      runs.map(({ runId }) => runId),
      patience,
    );
    const executions = await this.#closedRuns(patience);
    const evidence = this.#judge(runs, executions);
    return {
      row: {
        what: victim ?? 'nothing',
        afterMs,
        inFlight: left.filter(({ dueMs }) => startedAt + dueMs < killedAt).length,
        recoveredMs: this.#recoveredMs(left, startedAt, killedAt),
        calledAgain: evidence.calledAgain,
        doubledAnswers: evidence.lostOnTheWay.answers.length,
        sentAgain: evidence.sentAgain,
        doubledCallbacks: evidence.lostOnTheWay.receipts.length,
      },
      lostOnTheWay: evidence.lostOnTheWay,
      faults: [...faults, ...evidence.faults],
    };
  }

  async #planRuns(): Promise<PlannedRun[]> {
    const round = (this.#rounds += 1);
    return Promise.all(
      Array.from({ length: this.#parts.runsPerKill }, async (_, index) => {
        const key = `round-${round}-webhook-${index + 1}`;
        const runId = deriveRunId({ client: 'default', source: 'webhook', deliveryId: key });
        const { perSecond = Infinity } = this.#parts;
        return { key, task: `Task ${index + 1} of round ${round}`, runId, dueMs: (index * 1000) / perSecond };
      }),
    );
  }

  /** @returns what went wrong. */
  async #sendAll(runs: readonly PlannedRun[], signal: AbortSignal): Promise<string[]> {
    const problems = await Promise.all(
      runs.map(async ({ key, task, runId, dueMs }) => {
        try {
          await sleep(dueMs, undefined, { signal });
          const accepted = await this.#parts.sender.send(key, task, signal);
          this.slowestAnswerMs = Math.max(this.slowestAnswerMs, accepted.slowestAnswerMs);
          return accepted.runId === runId ? undefined : `${key} became ${accepted.runId} instead of ${runId}`;
        } catch (error) {
          return `${key} was not accepted: ${String(error)}`;
        }
      }),
    );
    return problems.filter((problem) => problem !== undefined);
  }

  /** The longest that a run waited for its delivery from the kill on, or from its sending when that came later. */
  #recoveredMs(left: readonly PlannedRun[], startedAt: number, killedAt: number): number | undefined {
    const waits = left.map(({ runId, dueMs }) => {
      const at = this.#parts.receiver.events.get(runId)?.find(isTaken)?.at;
      return at === undefined ? undefined : at - Math.max(killedAt, startedAt + dueMs);
    });
    if (waits.includes(undefined)) return undefined;
    return Math.max(0, ...waits.map((wait) => wait ?? 0));
  }

  /**
   * The statuses of all executions by workflow ID, once every run is closed or the time is up. The list lags behind, and to
   * read it costs Temporal more the longer it is: first nothing but a number is asked for.
   */
  async #closedRuns(signal: AbortSignal): Promise<ReadonlyMap<string, string[]>> {
    const expected = this.#rounds * this.#parts.runsPerKill;
    while (!signal.aborted && (await this.#count("ExecutionStatus != 'Running'")) < expected) await sleep(100);
    const found = new Map<string, string[]>();
    for await (const { workflowId, status } of this.#client.workflow.list({ pageSize: 1000 })) {
      found.set(workflowId, [...(found.get(workflowId) ?? []), status.name]);
    }
    return found;
  }

  /** @returns 0 while Temporal is away. */
  async #count(query: string): Promise<number> {
    return this.#client.workflow.count(query).then(
      ({ count }) => count,
      () => 0,
    );
  }

  #judge(runs: readonly PlannedRun[], executions: ReadonlyMap<string, string[]>) {
    const calls = new Map<string, AgentEvent[]>();
    for (const event of readAgentLedger(this.#parts.stack.agentLedger)) {
      calls.set(event.task, [...(calls.get(event.task) ?? []), event]);
    }
    const verdicts = runs.map(({ task, runId }): RunVerdict & { task: string; calls: number } => {
      const agent = calls.get(task) ?? [];
      const taken = (this.#parts.receiver.events.get(runId) ?? []).filter(isTaken);
      const body = JSON.parse(taken.at(-1)?.body ?? '{}') as { text?: string };
      const verdict = judgeRun(
        {
          answeredAt: agent.filter(({ event }) => event === 'answered').map(({ at }) => at),
          takenAt: taken.map(({ at }) => at),
          text: body.text,
          expectedText: `echo: ${task}`,
          executions: executions.get(runId) ?? [],
        },
        this.#workerKills,
      );
      return { ...verdict, task, calls: agent.filter(({ event }) => event === 'called').length };
    });
    const sum = (of: (verdict: (typeof verdicts)[number]) => number): number =>
      verdicts.reduce((total, verdict) => total + of(verdict), 0);
    return {
      faults: verdicts.flatMap(({ task, faults }) => faults.map((fault) => `${task}: ${fault}`)),
      calledAgain: sum(({ calls: count, answers }) => Math.max(count - 1 - answers.lost.length, 0)),
      sentAgain: sum(({ receipts }) => receipts.cutOff),
      lostOnTheWay: {
        answers: verdicts.flatMap(({ answers }) => answers.lost),
        receipts: verdicts.flatMap(({ receipts }) => receipts.lost),
      },
    };
  }
}
