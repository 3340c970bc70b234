import { existsSync } from 'node:fs';
import type { AgentType } from '../../src/agents/agent-type.ts';
import { AGENT_TYPES } from '../../src/agents/agent-types.ts';
import { exampleOf } from '../../src/agents/example-of.ts';
import { FAILURE_CLASSES, FAILURES } from '../../src/contract/failures.ts';
import { markdownTable } from './markdown-table.ts';

/** Classes of failures that an adapter may report, or that end its call. */
const CLASSES = ['task', 'passing', 'refused', 'agent', 'worker'];

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
  return `<!-- Written by scripts/write-docs.ts from src/agents and src/contract/failures.ts: change it there. -->

# Agents

An agent is anything with \`run(task, context)\`. Each configured agent has a \`type\`; the same retries, limits, heartbeats and callbacks
hold for all of them. \`garudust-temporal agents add <type>\` prints a block like those below, \`agents test <name> "text"\` calls an agent
once, with its time, tokens and cost; not one of type \`callback\`, which answers only within a run.

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

## What can go wrong

[Every fault](agents/faults.md) of a server, a program and a module, with its failure, its words and whether it counts. Nothing but Temporal
retries.

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
