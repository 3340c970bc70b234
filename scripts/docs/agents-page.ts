import { existsSync } from 'node:fs';
import type { AgentError } from '../../src/agents/agent.ts';
import type { AgentType } from '../../src/agents/agent-type.ts';
import { AGENT_TYPES } from '../../src/agents/agent-types.ts';
import { noAnswer, silent, tooLarge } from '../../src/agents/child/answer-failures.ts';
import { sortExit } from '../../src/agents/child/sort-exit.ts';
import { notRunnable, toStartFailure } from '../../src/agents/child/start-failures.ts';
import { exampleOf } from '../../src/agents/example-of.ts';
import { sortHttpFailure } from '../../src/agents/http-failures.ts';
import { FAILURE_CLASSES, FAILURES, failureClass } from '../../src/contract/failures.ts';
import { NETWORK_FAULTS } from '../../test/conformance/network-faults.ts';
import { markdownTable } from './markdown-table.ts';

/** Classes of failures that an adapter may report, or that end its call. */
const CLASSES = ['task', 'passing', 'refused', 'agent', 'worker'];

/** Statuses that agents, their providers and what stands before them answer with; later than 5 s after the request. */
const STATUSES = [200, 302, 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 521, 524, 529];
const LATE_MS = 10_000;
const HTML = { 'content-type': 'text/html' };

/** The page `docs/agents.md`: the agent types, their failures, and one's own agents. */
export function renderAgentsPage(): string {
  const types = Object.entries<AgentType>(AGENT_TYPES);
  const sections = types.map(([name, type]) => {
    const more = existsSync(`docs/agents/${name}.md`) ? `\n\n[More about \`${name}\`](agents/${name}.md)` : '';
    return `### \`${name}\`

${type.summary}

\`\`\`yaml
${exampleOf(name, type)}
\`\`\`

All its settings: [configuration](configuration.md#agent-type-${name}).${more}`;
  });
  const failures = Object.entries(FAILURES)
    .filter(([, { class: kind }]) => CLASSES.includes(kind))
    .map(([type, { class: kind, meaning }]) => [
      `\`${type}\``,
      kind,
      FAILURE_CLASSES[kind].retried,
      FAILURE_CLASSES[kind].paid ? 'yes' : 'no',
      meaning,
    ]);
  const expected = { words: 'as it should', fix: '' };
  const statuses = STATUSES.flatMap((status) => {
    const asText = sortHttpFailure({ status, headers: {}, text: '' }, LATE_MS, expected);
    const asHtml = sortHttpFailure({ status, headers: HTML, text: '<html>' }, LATE_MS, expected);
    const isSame = asText.type === asHtml.type;
    return isSame
      ? [statusRow(String(status), asText)]
      : [statusRow(`${status}`, asText), statusRow(`${status} in HTML`, asHtml)];
  });
  return `<!-- Written by scripts/write-docs.ts from src/agents and src/contract/failures.ts: change it there. -->

# Agents

An agent is anything with \`run(task, context)\`. Each configured agent has a \`type\`; the same retries, limits, heartbeats and callbacks
hold for all of them. \`garudust-temporal agents add <type>\` prints a block like those below, \`agents test <name> "text"\` calls an agent
once, with its time, tokens and cost.

## Types

${sections.join('\n\n')}

## What a run may cost

\`max_tokens\`, \`max_cost_usd\` and \`max_calls\` of an agent limit what one run costs over all its calls, as far as the agent tells. They
are checked before each call of the agent; then the run fails with \`BudgetExceeded\` and tells what it used. Some types also check
within a call, in which an agent may call its model many times:

${markdownTable(
  ['type', 'within a call'],
  types.map(([name, { checksLimits }]) => [
    `\`${name}\``,
    checksLimits ?? 'not checked: we do not see its calls of a model',
  ]),
)}

## What a failure means

An adapter sorts whatever goes wrong into one of these types, in words of its own: nothing that an agent or its provider says when it
fails reaches a log, the history or a caller. "Counts" says whether the call counts for \`max_attempts\`.

${markdownTable(['type', 'class', 'what happens next', 'counts', 'meaning'], failures)}

## What an HTTP status means

Types that ask over HTTP sort a status as follows, unless they know better. A 502 within 5 s of the request means that no work began, and
is \`AgentUnreachable\`. \`Retry-After\` pauses all runs of the agent.

${markdownTable(['status', 'type', 'counts', 'words'], statuses)}

## What the end of a program means

The types \`command\` and \`acp\` start a program for each call. Its exit code, or its signal, sorts a call without an answer; a program of
your own can use these codes, which are those of \`sysexits.h\`. A preset reads its agent's events first. A program that can't be started
costs nothing.

${markdownTable(['the program', 'type', 'counts', 'words'], programRows())}

Bytes that are not UTF-8, half a surrogate among them, become U+FFFD in the answer.

## What a network can do wrong

A scripted peer does each of these to \`model\`, \`http\` and the start of \`remote\`. Nothing but Temporal retries: the peer sees one request.
An empty answer is \`ModelAnswerUnreadable\`, one that does not end \`AnswerTooLarge\`, silence \`AgentTimeout\`; invalid UTF-8 and halves of
surrogates are answers with replacement characters.

${markdownTable(['the peer', 'type', 'class', 'counts', 'words'], NETWORK_FAULTS.map(faultRow))}

## Handles: a lost call is not paid twice

An agent that works by a handle (the ID of a remote run, a session of a program, the messages so far) keeps it with
\`await context.checkpoint(handle)\` before it waits. The handle is stored in the heartbeat of the activity and in the worker's journal.
When the worker is killed, restarted, or loses its connection, the next attempt gets it as \`context.resumed\` and goes on; that is the
same paid call. A call that failed starts anew, without a handle. Whoever may read heartbeats in Temporal reads the handle: keep no
secret in it.

When \`context.signal\` aborts, \`isHandOver(signal.reason)\` tells whether a later attempt goes on: then leave the work running. Otherwise end it.

## Agents of your own

A worker of yours takes any object with \`run\`. One that calls a model several times for one task calls \`checkBudget(budget, used)\` before
each further call, with the \`budget\` of its context and what this task has used in it so far:

\`\`\`ts
import { type Agent, AgentError } from 'garudust-temporal';

export const agent: Agent = {
  async run(text, { checkpoint, resumed, reportText, signal, deadline }) {
    const id = resumed ?? (await startSomewhere(text, signal));
    await checkpoint(id);
    const { answer, tokens, price } = await waitForIt(id, { signal, deadline, onText: reportText });
    if (answer === undefined) throw new AgentError('AgentFailed', 'gave no answer');
    return { output: answer, usage: { outputTokens: tokens, costUsd: price }, agentSession: String(id) };
  },
};
\`\`\`
`;
}

/** Exit codes and signals, of which 1 and SIGSEGV stand for all others. */
const CODES = [1, 65, 69, 75, 77, 78, 126, 127, 137, 143];
const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const;

function programRows(): string[][] {
  return [
    ...['missing', 'not executable'].map((problem) => statusRow(`is ${problem}`, notRunnable(problem))),
    statusRow('cannot be started: no processes or memory left', toStartFailure({ code: 'EAGAIN' })),
    statusRow('gets more arguments than the system takes', toStartFailure({ code: 'E2BIG' })),
    statusRow('ends with 0, without output', noAnswer()),
    ...CODES.map((code) => statusRow(`ends with ${code}`, sortExit({ code, signal: null }))),
    ...SIGNALS.map((signal) => statusRow(`is ended by ${signal}`, sortExit({ code: null, signal }))),
    statusRow('writes without end, or 50 MB', tooLarge(1_048_576)),
    statusRow('writes nothing for `silence_timeout`', silent(120_000)),
  ];
}

function faultRow({ name, type, words }: (typeof NETWORK_FAULTS)[number]): string[] {
  const kind = failureClass(type);
  return [name, `\`${type}\``, kind, FAILURE_CLASSES[kind].paid ? 'yes' : 'no', words];
}

function statusRow(status: string, { type, message }: Pick<AgentError, 'type' | 'message'>): string[] {
  return [status, `\`${type}\``, FAILURE_CLASSES[failureClass(type)].paid ? 'yes' : 'no', message];
}
