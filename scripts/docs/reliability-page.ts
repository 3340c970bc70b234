import { FAILURE_CLASSES, FAILURES } from '../../src/contract/failures.ts';
import { type Corner, type EndName, ENDS, type Happening, type Refusal, runOf } from '../../test/corners/corner.ts';
import { type Event, EVENT_NAMES, EVENTS } from '../../test/corners/events.ts';
import { isTeam, type State, STATE_NAMES, STATES } from '../../test/corners/states.ts';
import { CORNERS, promisedFor } from '../../test/corners/table/corners.ts';
import { markdownTable } from './markdown-table.ts';
import { MORE_PROMISES, OWN_WORKFLOWS, type HeldPromise } from './reliability-promises.ts';

const RUN_STATES = STATE_NAMES.filter((state) => !isTeam(state));
const TEAM_STATES = STATE_NAMES.filter(isTeam);
const END_NAMES = Object.keys(ENDS) as EndName[];

const BY = {
  caller: 'What a caller does',
  operator: 'What an operator does in Temporal',
  machine: 'What happens to a machine',
} as const;

/** The states in which an event can cost another call, and all later ones together. */
const MONEY_STATES: readonly State[] = [
  'queued',
  'permit',
  'agent',
  'last-call',
  'backoff',
  'paused',
  'answer',
  'callback',
];

/** The page `docs/reliability.md`: what becomes of a run that meets an event, in each of its states. */
export function renderReliabilityPage(): string {
  return `<!-- Written by scripts/write-docs.ts from test/corners and scripts/docs/reliability-promises.ts: change it there. -->

# Reliability

What becomes of a run, of its callback and of your money when somebody cancels, a worker dies or Temporal is away. Find the
[state of the run](#states-of-a-run), then [what happens to it](#what-happens-in-which-state).

\`npm run test:corners\` lets every event meet a run in every state, on real processes, and holds every row of this page: how the one
who asks is answered; one end, told alike by \`GET /v1/runs/:id\`, the list, the event stream, the callback and Temporal; the number of
calls and of accepted callbacks; and nothing left open. \`npm run test:corners -- --only agent,worker-kill\` plays one row.

The rows assume one worker with a journal (\`journal_dir\`), and a receiver and an agent that answer in the end.

## In short

- **A webhook that was answered \`202\` ends in one run and one outcome.** Everybody is told the same one.
- **An agent is asked again only when a call broke with its worker, failed, or was aborted by an operator or a shutdown.** An answer
  that has reached the worker is not paid for twice.
- **The outcome is always sent, except after _Terminate_.** A receiver may get it twice, with the same \`webhook-id\`.

## States of a run

${markdownTable(
  ['state', 'what holds', 'if nothing happens'],
  RUN_STATES.map((state) => {
    const { title, meaning, undisturbed } = STATES[state];
    return [`**${title}** (\`${state}\`)`, meaning, showHappening(undisturbed)];
  }),
)}

## How a run ends

${markdownTable(
  ['end', 'run', 'callback', 'workflow in Temporal', 'in words'],
  END_NAMES.flatMap((name) => {
    const told = runOf(name);
    if (told === undefined) return [];
    const { temporal, meaning } = ENDS[name];
    const run = told.error === undefined ? told.run : `${told.run}, \`${told.error}\``;
    return [[`\`${name}\``, run, told.callback, temporal.toLowerCase(), meaning]];
  }),
)}

## What a paid call costs you in each fault

How often the agent is asked, in all, by the state in which the event finds the run. An aborted or broken call may be billed for what
the agent had done. Once the answer is recorded, nothing but a reset of the workflow asks again.

${markdownTable(
  ['event', ...MONEY_STATES.slice(0, -1).map((state) => STATES[state].title), 'later'],
  EVENT_NAMES.map((event) => [EVENTS[event].title, ...MONEY_STATES.map((state) => showCalls(state, event))]),
)}

The agent's own failures, by class; [problems](problems.md) explains each type:

${markdownTable(
  ['class', 'failure types', 'what the run does', 'counts against `max_attempts`'],
  Object.entries(FAILURE_CLASSES).map(([name, { retried, paid }]) => [
    `\`${name}\``,
    typesOf(name),
    retried,
    paid ? 'yes: it may have cost money' : 'no',
  ]),
)}

A call that broke with its worker is the exception in its class: it counts, and \`WorkerCrashed\` ends the run when it was the last
one that is permitted.

With several workers on one task queue, an absence of Temporal that is longer than \`heartbeat_timeout\` can cost one call more: the next
attempt may come to a worker that does not know the call of the first. The first answer counts; at the last call that is permitted the
run fails with \`WorkerCrashed\` instead. [Decision 18](decisions/0018-a-paid-call-outlives-its-attempt.md) has the reasons.

Without a journal (\`journal_dir: none\`, or no disk), two rows change: an answer that is not recorded is lost with its worker, and asked
for again; and after a kill the next worker waits for the heartbeat timeout (30 s) before it goes on.

After an absence of Temporal the worker asks for tasks again later than it could: the SDK's pause between two polls grows with the absence,
up to 12 s. The first of its eight polls counts, which came after 2.3 s at most ([decision 48](decisions/0048-no-relay-to-temporal.md)). How long runs wait after a crash of each part is measured in [recovery](benchmarks/recovery.md).

${Object.entries(BY)
  .map(([by, heading]) => renderGroup(heading, by))
  .join('\n\n')}

## More promises

${renderPromises(MORE_PROMISES)}

## Workflows of your own

\`runAgent\` and \`deliverCallback\` of \`garudust-temporal/workflows\` are the activities of the rows above, on any worker with
\`GarudustPlugin\`: with its journal, its counting of calls and its schedule. Your workflow decides what an end means. Where a row says
that the run is told, your workflow sees a result or an \`ActivityFailure\`, and \`judgeFailure\` says what to send. \`npm run
test:corners\` plays these rows with a workflow that asks an agent and delivers its answer, and nothing else. The API knows runs of
\`agentRun\`, and workflows that \`workflows\` of the settings names: a cancel or a redelivery of another workflow is a \`404\`.

${renderTeam()}

${markdownTable(
  ['end', 'workflow in Temporal', 'in words'],
  END_NAMES.filter((name) => runOf(name) === undefined).map((name) => [
    `\`${name}\``,
    ENDS[name].temporal.toLowerCase(),
    ENDS[name].meaning,
  ]),
)}

${renderPromises(OWN_WORKFLOWS)}

What they do not do for you: redeliver, keep a dead letter and tell an operator. Those belong to \`agentRun\`; run it as a child, or keep
your workflow open until its receiver works again.
`;
}

function renderGroup(heading: string, by: string): string {
  const events = EVENT_NAMES.filter((event) => EVENTS[event].by === by);
  const anchor = by === 'caller' ? '## What happens in which state\n\n' : '';
  return `${anchor}### ${heading}\n\n${events.map((event) => renderEvent(event, RUN_STATES)).join('\n\n')}`;
}

function renderEvent(event: Event, states: readonly State[]): string {
  const { title, meaning } = EVENTS[event];
  return `#### ${title}\n\n${meaning}\n\n${renderRows(event, states)}`;
}

/** One row for all states that an event finds alike. */
function renderRows(event: Event, states: readonly State[]): string {
  const rows = new Map<string, { states: string[]; cells: string[] }>();
  for (const state of states) {
    const corner: Corner = CORNERS[event][state];
    const { end, paidCalls, callbacks } = promisedFor(state, event);
    const told = 'refusal' in corner ? showRefusal(corner.refusal) : showAccepted(event);
    const cells = [told, `\`${end}\``, String(paidCalls), String(callbacks), corner.why];
    const key = cells.join('|');
    const row = rows.get(key) ?? { states: [], cells };
    row.states.push(STATES[state].title);
    rows.set(key, row);
  }
  // A machine is not answered.
  const isAsked = EVENTS[event].by !== 'machine';
  const head = ['state', ...(isAsked ? ['answer'] : []), 'end', 'agent asked', 'callbacks accepted', 'why'];
  return markdownTable(
    head,
    [...rows.values()].map(({ states: alike, cells }) => [alike.join('; '), ...cells.slice(isAsked ? 0 : 1)]),
  );
}

/** The states of a team's workflow: one table, an event a row for each. */
function renderTeam(): string {
  const rows = EVENT_NAMES.filter((event) => EVENTS[event].by !== 'caller').flatMap((event) =>
    TEAM_STATES.map((state, index) => {
      const corner: Corner = CORNERS[event][state];
      const { end, paidCalls, callbacks } = promisedFor(state, event);
      const name = index === 0 ? `**${EVENTS[event].title}**` : '';
      return [name, shortTitle(state), `\`${end}\``, String(paidCalls), String(callbacks), corner.why];
    }),
  );
  return markdownTable(['event', 'state of the step', 'end', 'agent asked', 'callbacks accepted', 'why'], rows);
}

function shortTitle(state: State): string {
  return STATES[state].title.replace('your workflow: ', '');
}

function showAccepted(event: Event): string {
  return EVENTS[event].by === 'caller' ? '`202`' : 'done';
}

function showRefusal(refusal: Refusal): string {
  if (refusal.by === 'temporal') return `refused, \`${refusal.code}\``;
  return refusal.status === 200 ? '`200`, unchanged' : `\`${refusal.status}\`, \`${refusal.code}\``;
}

function showHappening({ end, paidCalls, callbacks }: Happening): string {
  const calls = paidCalls === 1 ? '1 call' : `${paidCalls} calls`;
  return `\`${end}\`: ${calls}, ${callbacks === 1 ? '1 callback' : `${callbacks} callbacks`}`;
}

function showCalls(state: State, event: Event): string {
  const { paidCalls } = promisedFor(state, event);
  return String(paidCalls);
}

function typesOf(failureClass: string): string {
  return Object.entries(FAILURES)
    .filter(([, row]) => row.class === failureClass)
    .map(([type]) => `\`${type}\``)
    .join(', ');
}

function renderPromises(promises: readonly HeldPromise[]): string {
  return markdownTable(
    ['promise', 'held by'],
    promises.map(({ promise, file, test }) => [promise, `\`${file}\`, "${test}"`]),
  );
}
