import { VICTIMS } from '../test/crash/crash-stack.ts';
import type { CrashPlan, CrashResult } from '../test/crash/prove.ts';
import type { Row } from '../test/crash/table.ts';
import { median } from './measure.ts';

/** A way in which webhooks come and something dies. */
export interface LoadPlan extends Pick<CrashPlan, 'perSecond' | 'runsPerKill' | 'kills' | 'only' | 'outageMs'> {
  readonly name: string;
}

/** What kills did to it. */
export interface Load extends LoadPlan, CrashResult {}

const GOAL_MS = 3000;

/** Whether nothing was lost or doubled, and each run was delivered within the goal after each kill. An outage has no goal. */
export function isRecovered({ faults, rows, outageMs }: Load): boolean {
  return faults.length === 0 && (outageMs !== undefined || withinGoal(rows.slice(1)) === rows.length - 1);
}

function withinGoal(rows: readonly Row[]): number {
  return rows.filter(({ recoveredMs = Infinity }) => recoveredMs <= GOAL_MS).length;
}

/** The page, as Markdown. */
export function renderRecovery(loads: readonly Load[], where: string): string {
  return `<!-- Written by bench/recovery.ts: run it anew rather than change it here. -->

# Recovery

How long runs wait after a \`kill -9\`. Ingress, worker, agent and Temporal (the dev server, with a file) are a process each, and each is started again
the moment it is dead, as Compose and Kubernetes do. The agent thinks for 0.3 s. The wait of a run is the time from the kill, or from its
first sending where that comes later, to its callback; a kill counts with the longest wait of any run.

${loads
  .filter(({ outageMs }) => outageMs === undefined)
  .map(summary)
  .join('\n')}

${loads
  .filter(({ outageMs }) => outageMs === undefined)
  .map(section)
  .join('\n\n')}

${outages(loads)}

## How it was measured

\`npm run bench:recovery\`. Each victim is killed once at a fixed time and then at random moments. Sender and receiver share the machine with the rest.
How many calls of the agent and callbacks are doubled by a kill, and why, is in [reliability](../reliability.md).

${where}
`;
}

function summary({ name, rows, faults, runsPerKill, perSecond }: Load): string {
  const kills = rows.slice(1);
  const how = perSecond === undefined ? `${runsPerKill} webhooks at once` : `${perSecond} webhooks a second`;
  const within = withinGoal(kills);
  const verdict = within === kills.length ? 'held' : '**missed**';
  const lost =
    faults.length === 0 ? 'Nothing was lost or doubled beyond what is promised.' : `**${faults.length} faults.**`;
  return `- ${name} (${how}): all delivered within 3 s of ${within} of ${kills.length} kills: ${verdict}. ${lost}`;
}

function section({ name, rows: [undisturbed, ...kills], perSecond, runsPerKill }: Load): string {
  const head = ['killed', 'kills', 'in flight', 'longest wait, s (median, range)', 'within 3 s'];
  const rowOf = (what: string, rows: readonly Row[]): string => {
    const waits = rows.map(({ recoveredMs = Infinity }) => recoveredMs / 1000);
    const range = waits.length > 1 ? ` (${Math.min(...waits).toFixed(1)} to ${Math.max(...waits).toFixed(1)})` : '';
    const inFlight = median(rows.map((row) => row.inFlight)).toFixed(0);
    return `| ${[what, rows.length, inFlight, `${median(waits).toFixed(1)}${range}`, withinGoal(rows)].join(' | ')} |`;
  };
  const how =
    perSecond === undefined
      ? `${runsPerKill} webhooks come at once, and three of a hundred callbacks are answered with 500 and sent again after 1 s. What two cores need for as many
runs stands in the first row: no recovery is sooner.`
      : `${perSecond} webhooks a second come for ${runsPerKill / perSecond} s, some fifth of what the machine can do.`;
  return `## ${name}

${how}

| ${head.join(' | ')} |
| ${head.map((_, index) => (index === 0 ? '---' : '---:')).join(' | ')} |
${[
  ...(undisturbed ? [rowOf('nothing', [undisturbed])] : []),
  ...VICTIMS.map((victim) =>
    rowOf(
      victim,
      kills.filter(({ what }) => what === victim),
    ),
  ),
].join('\n')}`;
}

/** How long runs wait once Temporal is back, where it was away for longer than its restart takes. */
function outages(loads: readonly Load[]): string {
  const lines = loads.flatMap(({ outageMs, rows, faults }) => {
    if (outageMs === undefined) return [];
    const waits = rows.slice(1).map(({ recoveredMs = Infinity }) => (recoveredMs - outageMs) / 1000);
    const range = `${Math.min(...waits).toFixed(1)} to ${Math.max(...waits).toFixed(1)}`;
    return [
      `| ${[outageMs / 1000, waits.length, `${median(waits).toFixed(1)} (${range})`, faults.length].join(' | ')} |`,
    ];
  });
  return `## Temporal stays away

As under _Steady_, but Temporal is killed and started again only after a while. The wait is that of the run that waits longest, less the time that Temporal
was away. It is bounded: the SDK's pause between two polls grows with the absence, up to 12 s, and what a run needs of several polls adds up
([decision 48](../decisions/0048-no-relay-to-temporal.md)).

| away, s | times | longest wait after it, s (median, range) | lost or doubled |
| ------- | ----: | ---------------------------------------: | --------------: |
${lines.join('\n')}`;
}
