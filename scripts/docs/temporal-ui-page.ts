import { SEARCH_ATTRIBUTE } from '../../src/contract/search-attributes.ts';
import { toUiLink, UI_QUERIES } from '../../src/runs/ui-queries.ts';
import { markdownTable } from './markdown-table.ts';

const LIST = 'http://localhost:8233/namespaces/default/workflows';
const DAY = '2026-01-31';

/** What a button does, as `docs/reliability.md` holds it row by row. */
const BUTTONS: readonly (readonly string[])[] = [
  [
    '**Cancel**',
    'aborts the call; what the agent has done by then may be billed',
    'before the answer: sent, and says `canceled`; after it: given up, and the callback reads `dead`',
  ],
  ['**Terminate**', 'the call is aborted within seconds, and may be billed', '**none**: nobody is told'],
  [
    '**Reset** to the first workflow task',
    'the agent is asked again: **paid twice**',
    'sent with the new answer, **once more** where one was delivered, under the same `webhook-id`',
  ],
  [
    '**Reset** to the last workflow task',
    'before the answer: asked again; after it: not asked',
    'sent again while it is retried; a dead letter stays one',
  ],
  [
    '**Pause** of the activity',
    'a call at work is aborted, and may be billed; `total_timeout` goes on',
    'none until unpaused',
  ],
  [
    '**Unpause** of the activity',
    'the agent is asked, again where the pause aborted a call',
    'the attempt that is due is made',
  ],
  ['**Reset** of the activity', 'a call at work is aborted and made again at once', 'sent again at once'],
  [
    'Send a signal **`redeliver`**',
    'never asks the agent',
    'sent again at once, on its whole schedule. Input `{"url": "https://…"}` sends it to another address; without input, to the same one',
  ],
];

/** The page `docs/temporal-ui.md`: how an engineer on call reads the Temporal UI, and what its buttons do. */
export function renderTemporalUiPage(): string {
  const queries = Object.values(UI_QUERIES);
  return `<!-- Written by scripts/docs/temporal-ui-page.ts and src/runs/ui-queries.ts: change it there. -->

# The Temporal UI, on call

Every run is a workflow \`agentRun\`. The UI has no login of its own, shows every task and answer, and can cancel and reset runs: put a
login in front of it.

## The list

Add these columns (_Configure Columns_, an icon at the foot of the table), because a status alone does not tell a run at work from a dead
letter: ${[SEARCH_ATTRIBUTE.agent, SEARCH_ATTRIBUTE.client, SEARCH_ATTRIBUTE.callback, SEARCH_ATTRIBUTE.waiting].map((name) => `\`${name}\``).join(', ')}.

A run stays _Running_ until its callback is delivered, or expires as a dead letter. \`${SEARCH_ATTRIBUTE.callback}\` is empty until a
callback has failed, \`${SEARCH_ATTRIBUTE.waiting}\` unless the run waits for an agent at fault.

Links for \`dev\`; elsewhere replace address and namespace, or paste the query into the filter. \`dev\` prints the first three.

${markdownTable(
  ['link', 'query', 'finds'],
  queries.map((row) => [`[${row.title}](${toUiLink(LIST, row, DAY)})`, `\`${row.query(DAY)}\``, row.finds]),
)}

An agent at fault is also named by \`garudust_agent_healthy\`, and the run's _Pending Activities_ have the last failure with its remedy.

## A run

- **Summary and details** on top: the task, who asked, and _Current Details_: where the run stands, computed when you open it, so
  they need a worker.
- **Pending Activities**: attempts so far, the last failure with its remedy, and when the next attempt is due.
- **Result**: the answer, or the failure's type; [problems](problems.md) explains each one.

## What the buttons do

To money and to callbacks, in short; [reliability](reliability.md) has every state, and a test holds it.

${markdownTable(['button', 'agent and money', 'callback'], BUTTONS)}

To stop a run and tell its caller, use Cancel. To send an answer again, use \`redeliver\`, never Reset. Where the run is closed, use
\`garudust-temporal runs redeliver\`: it starts a workflow \`callbackRedelivery\` beside the run, \`run-…-redelivery\`.
`;
}
