import { percentile } from './measure.ts';
import type { Stalls } from './stalls.ts';

/** What a phase, or a window of one, came to. Latencies of steady runs are in milliseconds. */
export interface Measured {
  /** From the start of the run to the call of the agent. */
  readonly agent: number[];
  /** The part of it until Temporal has recorded the run. */
  readonly start: number[];
  /** From the call of the agent, which answers at once, to the callback at its receiver. */
  readonly delivery: number[];
  readonly undelivered: number;
  /** What stood in the way of everything in the process. */
  readonly stalls: Stalls;
}

/** The plan of the benchmark, and what it judges. */
export const PLAN = {
  slots: 100,
  perSecond: 8,
  /** With those that are measured two thirds of what two cores take in. */
  intakePerSecond: 30,
  /** Phases that are compared are made of so many windows: the last percent of one alone is two runs' chance. */
  windows: 5,
  mostRatio: 1.5,
} as const;
/** What is judged of deliveries and of agents' calls. */
const JUDGED = 0.99;
/** What was judged of agents' calls before. */
const FORMERLY_JUDGED = 0.95;

type Kind = 'delivery' | 'agent';
const KINDS: readonly Kind[] = ['delivery', 'agent'];

/** Whether nothing was slowed by more than is permitted. */
export function isHeld({ before, after }: Phases): boolean {
  return KINDS.every((kind) => ratio(before, after, kind, JUDGED) <= PLAN.mostRatio);
}

/** Of all runs of a phase: one window has too few for the last percent. */
function ratio(before: readonly Measured[], after: readonly Measured[], kind: Kind, share: number): number {
  return percentile(all(after, kind), share) / percentile(all(before, kind), share);
}

function all(windows: readonly Measured[], kind: Kind | 'start'): number[] {
  return windows.flatMap((window) => window[kind]);
}

export interface Facts {
  readonly slowRuns: number;
  /** How long it took to take them in. */
  readonly tookSeconds: number;
  /** Those whose schedule is not used up. */
  readonly waiting: number;
  readonly requests: number;
  readonly parked: number;
  /** Parked attempts a second in the disturbed time. */
  readonly turns: number;
}

export interface Phases {
  readonly before: readonly Measured[];
  readonly compared: Measured;
  readonly during: Measured;
  readonly after: readonly Measured[];
}

/** The page, whose windows have so many seconds. */
export function renderIsolation(
  { before, compared, during, after }: Phases,
  facts: Facts,
  seconds: number,
  where: string,
): string {
  const cells = (values: readonly number[]): string =>
    [0.5, 0.95, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' | ');
  const row = (name: string, windows: readonly Measured[]): string => {
    const undelivered = windows.reduce((sum, window) => sum + window.undelivered, 0);
    return `| ${name} | ${cells(all(windows, 'delivery'))} | ${cells(all(windows, 'agent'))} | ${undelivered} |`;
  };
  const stalled = (name: string, windows: readonly Measured[]): string => {
    const most = (what: keyof Stalls): string => Math.max(...windows.map(({ stalls }) => stalls[what])).toFixed(1);
    return `| ${name} | ${cells(all(windows, 'start'))} | ${most('loopLateP99Ms')} | ${most('longestGcMs')} |`;
  };
  const [delivery, agent] = KINDS.map((kind) => {
    const each = [before, after].map((windows) => windows.map((window) => percentile(window[kind], JUDGED)));
    const range = each.map((values) => `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`);
    return `**${ratio(before, after, kind, JUDGED).toFixed(2)}** times (windows: ${range[1]} ms, undisturbed ${range[0]} ms)`;
  });
  return `# Isolation

Written by \`npm run bench:isolation\`. One process runs worker and client with ${PLAN.slots} activity slots; ${PLAN.perSecond} runs a
second go to three healthy receivers, and these alone are measured, in four phases one after the other:

1. nothing else happens;
2. ${PLAN.intakePerSecond} more a second are taken in, to the same healthy receivers;
3. ${PLAN.intakePerSecond} more a second are taken in, ${facts.slowRuns} together: nine of ten to a receiver that takes connections and never answers,
   the tenth to one that answers a byte a second; a try may take 3 s;
4. all of those wait for their turn at their receivers and are tried.

Phase 4 against phase 1 is the result. Phase 3 is to be compared with phase 2, which shows what taking in costs by itself.

| milliseconds | delivery p50 | p95 | p99 | agent called p50 | p95 | p99 | undelivered |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${row('1 undisturbed', before)}
${row('2 while runs to healthy receivers are taken in', [compared])}
${row('3 while runs to slow receivers are taken in', [during])}
${row('4 while those wait and are tried', after)}

- Phase 4 to phase 1, p99 of deliveries: ${delivery}; more than ${PLAN.mostRatio} fails.
- Phase 4 to phase 1, p99 of agents' calls: ${agent}; more than ${PLAN.mostRatio} fails. Until this version the p95 was judged: **${ratio(before, after, 'agent', FORMERLY_JUDGED).toFixed(2)}** times.
- Phases 1 and 4 have ${PLAN.windows} windows of ${seconds} s. They can't take turns: what waits at the slow receivers in phase 4 does not go away.
- The second table shows what slows the tail: the part of a call that is Temporal's, until it has recorded the run; how late the event loop of the
  process was; and its longest pause for garbage.
- Delivery: from the agent's answer to the receiver. Agent called: from the start of the run.
- Phase 3 took ${facts.tookSeconds.toFixed(0)} s. At the end of phase 4 ${facts.waiting} of its ${facts.slowRuns} runs still had tries before them. The slow receivers had ${facts.requests} requests.
- ${facts.parked} attempts gave their slot back until their turn, ${facts.turns.toFixed(1)} a second in phase 4.

| milliseconds | recorded by Temporal p50 | p95 | p99 | event loop late by, p99 | longest pause for garbage |
| --- | ---: | ---: | ---: | ---: | ---: |
${stalled('1', before)}
${stalled('2', [compared])}
${stalled('3', [during])}
${stalled('4', after)}

${where}
`;
}
