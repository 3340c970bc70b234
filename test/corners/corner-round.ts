import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { causeEvent, type Reply } from './cause-event.ts';
import { ENDS } from './corner.ts';
import { type CornerRun, planRun } from './corner-run.ts';
import type { CornerStack, Seat } from './corner-stack.ts';
import { type Event, type Fault, isFault } from './events.ts';
import { collectEvidence } from './evidence.ts';
import { Gate } from './gate.ts';
import { answerTo } from './gated-model.ts';
import { judgeCorner, tellsEnd } from './judge-corner.ts';
import { placeRun } from './place-run.ts';
import { RunListener } from './run-listener.ts';
import { isTeam, type State } from './states.ts';
import { strike } from './strike.ts';
import type { TemporalView } from './temporal-view.ts';

/** A state and an event that are to meet. */
export interface Cell {
  readonly state: State;
  readonly event: Event;
}

/** What came of it; no fault: the promise held. */
export interface CellResult extends Cell {
  readonly faults: readonly string[];
}

/** How long a worker may take to notice that a call or an attempt is to be aborted. */
const NOTICE_MS = 10_000;
const SETTLE_TIMEOUT_MS = 30_000;
const JOURNAL_TIMEOUT_MS = 10_000;
/** What comes too often comes by then; Temporal's list is up to date by then. */
const LATE_MS = 2500;
const LOOK_MS = 1000;
const AT_ONCE = 12;
/** These states last for some seconds only, so that they come last. */
const SHORT: readonly State[] = ['backoff', 'retry', 'callback', 'team-callback'];

/** Brings runs into their states, lets the events happen, and judges every run from every side. */
export class CornerRound {
  readonly #stack: CornerStack;
  readonly #temporal: TemporalView;
  readonly #failed = new Map<CornerRun, string>();
  readonly #listeners = new Map<CornerRun, RunListener>();
  readonly #replies = new Map<CornerRun, Reply>();

  constructor(stack: CornerStack, temporal: TemporalView) {
    this.#stack = stack;
    this.#temporal = temporal;
  }

  /** Plays events that concern one run each, or one fault that strikes all. */
  async play(cells: readonly Cell[]): Promise<CellResult[]> {
    const runs = await Promise.all(cells.map(({ state, event }) => planRun(state, event, this.#stack)));
    try {
      return await this.#play(runs);
    } finally {
      for (const run of runs) await this.#clear(run);
      await this.#stack.stopLateWorkers();
    }
  }

  async #play(runs: readonly CornerRun[]): Promise<CellResult[]> {
    const releaseFiller = await this.#fillNarrow(runs);
    await this.#place(runs.filter((run) => lasts(run) > 0));
    await this.#place(runs.filter((run) => lasts(run) === 0));
    await this.#holdAnswers(runs);
    const [{ event }] = runs as [CornerRun];
    if (isFault(event)) await this.#strike(event, runs);
    else await this.#causeAll(runs);
    releaseFiller();
    await Promise.all(this.#live(runs).map((run) => this.#untilSettled(run)));
    await sleep(LATE_MS);
    return this.#judge(runs);
  }

  /** Runs whose state was reached. */
  #live(runs: readonly CornerRun[]): CornerRun[] {
    return runs.filter((run) => !this.#failed.has(run));
  }

  /** Takes the one permit of the narrow agent, where a run is to wait for it. */
  async #fillNarrow(runs: readonly CornerRun[]): Promise<() => void> {
    const waiting = runs.find(({ state }) => state === 'permit');
    if (waiting === undefined) return () => undefined;
    const { model, api } = this.#stack;
    const text = `filler-of-${waiting.text}`;
    const gate = new Gate();
    model.plan(text, { gate, failsFirst: false });
    await api.post({ seat: 'narrow', key: text, text });
    while (model.callsFor(text).length === 0) await sleep(50);
    return () => gate.open();
  }

  async #place(runs: readonly CornerRun[]): Promise<void> {
    await Promise.all(
      runs.map(async (run) => {
        try {
          await placeRun(run, this.#temporal);
          if (!isTeam(run.state)) this.#listeners.set(run, new RunListener(run));
        } catch (error) {
          this.#failed.set(run, String(error));
        }
      }),
    );
  }

  /** Lets agents answer while the worker can't reach Temporal: the answers are on its disk and nowhere else. */
  async #holdAnswers(runs: readonly CornerRun[]): Promise<void> {
    const answering = this.#live(runs).filter(isAnswering);
    if (answering.length === 0) return;
    this.#stack.proxy.setMode('hold');
    for (const { gate } of answering) gate.open();
    const end = Date.now() + JOURNAL_TIMEOUT_MS;
    while (answering.some(({ text }) => !this.#stack.readJournal().includes(answerTo(text))) && Date.now() < end) {
      await sleep(20);
    }
    const journal = this.#stack.readJournal();
    for (const run of answering) {
      if (!journal.includes(answerTo(run.text))) this.#failed.set(run, 'the answer did not come into the journal');
    }
  }

  async #strike(fault: Fault, runs: readonly CornerRun[]): Promise<void> {
    await strike(fault, { stack: this.#stack, temporal: this.#temporal, runs: this.#live(runs) });
    for (const run of this.#live(runs)) this.#replies.set(run, { by: 'nobody' });
    await Promise.all(this.#live(runs).map(release));
  }

  async #causeAll(runs: readonly CornerRun[]): Promise<void> {
    const live = this.#live(runs);
    await Promise.all(live.filter(isAnswering).map((run) => this.#cause(run)));
    this.#stack.proxy.setMode('pass');
    // A few at a time, the short states first: what is measured is not how many calls Temporal takes at once.
    const others = live.filter((run) => !isAnswering(run)).toSorted((a, b) => lasts(a) - lasts(b));
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let run = others.shift(); run !== undefined; run = others.shift()) await this.#cause(run);
      }),
    );
    if (live.some(({ state }) => state === 'queued')) this.#stack.startLateWorker();
    await Promise.all(live.map(release));
  }

  async #cause(run: CornerRun): Promise<void> {
    const { event } = run;
    if (isFault(event)) throw new Error(`${event} does not concern one run`);
    try {
      this.#replies.set(run, await causeEvent(event, run, this.#temporal));
      // The first receiver accepts its attempt before the worker can abort it.
      if (event === 'redeliver-elsewhere') run.gate.open();
    } catch (error) {
      this.#failed.set(run, String(error));
    }
  }

  async #untilSettled(run: CornerRun): Promise<void> {
    const { promised, api, seat, runId } = run;
    const isSettled = async (): Promise<boolean> => {
      if ((await this.#temporal.describe(runId)).status !== ENDS[promised.end].temporal) return false;
      const listener = this.#listeners.get(run);
      return (
        listener === undefined || (tellsEnd(promised, listener.last) && tellsEnd(promised, await api.get(seat, runId)))
      );
    };
    for (const end = Date.now() + SETTLE_TIMEOUT_MS; Date.now() < end; await sleep(LOOK_MS)) {
      if (await isSettled().catch(() => false)) return;
    }
  }

  async #judge(runs: readonly CornerRun[]): Promise<CellResult[]> {
    const seats = [...new Set(runs.map(({ seat }) => seat))];
    const lists = new Map<Seat, RunResource[]>();
    for (const seat of seats) lists.set(seat, await this.#stack.api.list(seat));
    return Promise.all(
      runs.map(async (run) => {
        const { state, event, promised, seat } = run;
        const failure = this.#failed.get(run);
        const listener = this.#listeners.get(run);
        const reply = this.#replies.get(run);
        if (failure !== undefined || reply === undefined) {
          return { state, event, faults: [failure ?? 'it was not played'] };
        }
        const listed = lists.get(seat) ?? [];
        try {
          const seen = await collectEvidence(run, { reply, listed, listener, temporal: this.#temporal });
          return { state, event, faults: judgeCorner(promised, seen) };
        } catch (error) {
          return { state, event, faults: [String(error)] };
        }
      }),
    );
  }

  /** Leaves nothing behind that could disturb the next round. */
  async #clear(run: CornerRun): Promise<void> {
    this.#listeners.get(run)?.stop();
    run.close();
    if (run.runId !== '') await this.#temporal.terminate(run.runId).catch(() => undefined);
  }
}

function isAnswering({ state }: CornerRun): boolean {
  return state === 'answer' || state === 'team-answer';
}

/** 0 for a state that lasts for some seconds only. */
function lasts({ state }: CornerRun): number {
  return SHORT.includes(state) ? 0 : 1;
}

/** Lets agent and receiver answer once the worker has noticed the event, or has had the time to. */
async function release(run: CornerRun): Promise<void> {
  for (const end = Date.now() + NOTICE_MS; isHeld(run) && Date.now() < end;) await sleep(100);
  run.gate.open();
  if (run.state === 'asked' && run.promised.end === 'delivered') await approve(run);
}

/** Approves what a run asks, once it asks: one that was reset asks anew. */
async function approve({ api, seat, runId }: CornerRun): Promise<void> {
  for (const end = Date.now() + SETTLE_TIMEOUT_MS; Date.now() < end; await sleep(LOOK_MS)) {
    const { status } = await api.act(seat, runId, 'input', { question: 'run', answer: 'approve' });
    if (status === 200) return;
  }
}

function isHeld({ state, calls, receiver }: CornerRun): boolean {
  if (state === 'agent' || state === 'last-call' || state === 'team-agent') return calls()[0]?.aborted === false;
  if (state === 'callback' || state === 'team-callback') return receiver.requests[1]?.left === false;
  // The one that has the permit may not answer before that.
  return state === 'permit';
}
