import { toStartFailure } from '../../src/agents/child/start-failures.ts';
import { FAILURE_CLASSES, failureClass } from '../../src/contract/failures.ts';
import type { Fault, Outcome } from '../../test/conformance/faults/fault.ts';
import { MODULE_FAULTS } from '../../test/conformance/faults/module-faults.ts';
import { MODEL_FAULTS, PROGRAM_FAULTS } from '../../test/conformance/faults/program-faults.ts';
import { SERVER_FAULTS, type ServerFault } from '../../test/conformance/faults/server-faults.ts';
import { markdownTable } from './markdown-table.ts';

const HEAD = ['type', 'class', 'retried', 'paid calls', 'words', 'differs'];

/** The page `docs/agents/faults.md`: what can go wrong at an agent, from the table by which the tests run. */
export function renderAgentFaultsPage(): string {
  const polled = SERVER_FAULTS.filter((fault) => fault.polled !== undefined);
  return `<!-- Written by scripts/docs/agent-faults-page.ts from test/conformance/faults: change it there. -->

# Faults of agents

What each type of agent makes of what goes wrong. The tests run by these tables: a scripted peer does everything in them to every type,
preset and provider, and one call is one request. "Paid calls" says how many calls count for \`max_attempts\`. No word of the peer reaches
an answer, a log, a callback or the history.

\`callback\` waits for its answer elsewhere, so it takes every 2xx for a task that was taken. "Retried: later" does not use up attempts.

## A server

Types: \`garudust\`, \`model\` with each provider, \`http\`, \`remote\` with each preset, \`callback\`. \`Retry-After\` pauses all runs of
the agent. Silence ends with \`AgentTimeout\` at \`attempt_timeout\`, and what comes after the end of a call is dropped. A 502 that comes later
than 5 s after the request is \`ConnectionLost\`.

${markdownTable(['the server', ...HEAD], SERVER_FAULTS.map(rowOf))}

A poll of \`remote\` that meets one of these says nothing about the work: the agent is asked again, until \`attempt_timeout\`. ${polled.map(polledText).join(' ')}

## A program

Types: \`command\` with each preset, \`acp\`. A program of your own can use these exit codes, which are those of \`sysexits.h\`. A preset reads its
agent's events first. A program that is missing or not executable is \`AgentMisconfigured\`; one that cannot be started because the system
has no processes or memory left is \`${toStartFailure({ code: 'EAGAIN' }).type}\`, one whose arguments are too long \`${toStartFailure({ code: 'E2BIG' }).type}\`.

${markdownTable(['the program', ...HEAD], [...PROGRAM_FAULTS, ...MODEL_FAULTS].map(rowOf))}

Bytes that are not UTF-8 become U+FFFD in the answer.

## A module

${markdownTable(['the function', ...HEAD], MODULE_FAULTS.map(rowOf))}
`;
}

function rowOf({ name, becomes, except = {} }: Fault<unknown>): string[] {
  const differs = Object.entries(except).map(([kind, outcome]) => `\`${kind}\`: ${inShort(outcome)}`);
  if ('answers' in becomes) return [name, 'none', '', '', '1', `answers ${shown(becomes.answers)}`, differs.join('; ')];
  const { type, words } = becomes;
  const { retried, paid } = FAILURE_CLASSES[failureClass(type)];
  return [
    name,
    `\`${type}\``,
    failureClass(type),
    retriedInShort(retried),
    paid ? '1' : '0',
    words,
    differs.join('; '),
  ];
}

function retriedInShort(retried: string): string {
  if (retried.startsWith('not')) return 'no';
  return retried.includes('does not count') ? 'later' : 'yes';
}

function inShort(outcome: Outcome): string {
  return 'answers' in outcome ? shown(outcome.answers) : `\`${outcome.type}\`, ${outcome.words}`;
}

/** The text of an answer, as a reader sees it. */
function shown(text: string): string {
  if (text.startsWith('taken')) return 'taken';
  return text.trim() === '' ? 'empty' : `\`${text.replaceAll('\ufffd', 'U+FFFD')}\``;
}

function polledText({ name, polled }: ServerFault): string {
  return polled === undefined ? '' : `Only a ${name} ends the call: ${inShort(polled)}.`;
}
