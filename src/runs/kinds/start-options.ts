import type { WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Workflows } from '../../contract/names.ts';
import type { AgentRunInput } from '../../contract/run.ts';
import { SEARCH_ATTRIBUTE, type SearchAttributeName, toKeyword } from '../../contract/search-attributes.ts';
import { callbackSummary, taskSummary } from '../../contract/summary.ts';
import { ellipsize } from '../../values/plain-text.ts';
import type { TaskPlan } from '../accepted-task.ts';
import type { RunPlace } from '../run-kind.ts';

const MAX_DETAILS_TEXT = 1500;
/** Temporal takes 20,000 bytes of details, and a UTF-16 unit has at most three. */
const MAX_DETAILS = 6000;
/**
 * How long Temporal waits for a workflow task that a worker has taken, in milliseconds, before it gives it to another: what
 * a crash costs the runs whose next step had just begun. Why so: docs/decisions/0011-short-workflow-task-timeouts.md.
 */
const WORKFLOW_TASK_TIMEOUT_MS = 5000;

/** What a start is called with: one execution per run id, for as long as the namespace keeps it. */
export function startOptions(
  { runId, input, memo }: TaskPlan,
  { taskQueue, eager }: RunPlace,
): WorkflowStartOptions<Workflows['agentRun']> {
  return {
    workflowId: runId,
    taskQueue,
    args: [input],
    memo: { ...memo },
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    requestEagerStart: eager,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    staticSummary: escapeSummary(taskSummary(input.task.text)),
    staticDetails: taskDetails(input),
    typedSearchAttributes: searchAttributes(input),
  };
}

function searchAttributes({ client, source, agent, task }: AgentRunInput): SearchAttributePair[] {
  const values: Partial<Record<SearchAttributeName, string | undefined>> = {
    [SEARCH_ATTRIBUTE.client]: client,
    [SEARCH_ATTRIBUTE.source]: source,
    [SEARCH_ATTRIBUTE.agent]: agent,
    [SEARCH_ATTRIBUTE.session]: task.sessionKey,
    [SEARCH_ATTRIBUTE.user]: task.userId,
  };
  return Object.entries(values).flatMap(([name, text]) => {
    const value = toKeyword(text);
    return value === undefined ? [] : [{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }];
  });
}

/** Markdown for the Temporal UI: bullets, with everything that a caller wrote escaped. */
function taskDetails({ task, client, source, agent, callback }: AgentRunInput): string {
  const bullets: [string, string | undefined][] = [
    ['client', client],
    ['source', source],
    ['agent', agent],
    ['session', task.sessionKey],
    ['user', task.userName ?? task.userId],
    ...Object.entries(task.metadata ?? {}),
    ['callback', callback && callbackSummary(callback.url).replace(/^POST /, '')],
  ];
  const lines = bullets.flatMap(([name, value]) =>
    value === undefined ? [] : [`- **${escapeMarkdown(name)}**: ${escapeMarkdown(value)}`],
  );
  const text =
    task.text.length > MAX_DETAILS_TEXT ? `${task.text.slice(0, MAX_DETAILS_TEXT).toWellFormed()} …` : task.text;
  return ellipsize(`${lines.join('\n')}\n\n${escapeMarkdown(text)}`, MAX_DETAILS);
}

/** The summary stands elsewhere as plain text, too: only what would become more than text is escaped. */
function escapeSummary(text: string): string {
  return text.replace(/[\\`*_[\]<>&]|:(?=\/\/)/g, (mark) => `\\${mark}`);
}

/**
 * A caller's text that the UI's Markdown shows as it is. The UI renders raw HTML and bare addresses, and takes a
 * backslash before the marks below alone; before any other it would show it.
 */
function escapeMarkdown(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- control characters are what must go
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
      .replace(/[\\`*_{}[\]()#+\-.!:|&<>~^]/g, (mark) => `\\${mark}`)
  );
}
