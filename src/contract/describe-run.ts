import { metadataKeywords, shownMetadata } from './metadata.ts';
import { executorOf, type RunInput, type RunMemo, type Task } from './run.ts';
import { type CallbackMark, SEARCH_ATTRIBUTE, type SearchAttributeName, toKeyword } from './search-attributes.ts';
import { callbackSummary, hideQuery, taskSummary } from './summary.ts';
import { ellipsize } from '../values/plain-text.ts';

/** What the API, the list and the Temporal UI know a run by. Whoever starts one sets all of it. */
export interface RunDescription {
  readonly memo: RunMemo;
  /** Search attributes, as the SDK takes them. */
  readonly attributes: readonly RunAttribute[];
  readonly summary: string;
  readonly details: string;
}

export type RunAttribute =
  | { readonly key: { readonly name: SearchAttributeName; readonly type: 'KEYWORD' }; readonly value: string }
  | { readonly key: { readonly name: SearchAttributeName; readonly type: 'KEYWORD_LIST' }; readonly value: string[] };

const MAX_DETAILS_TEXT = 1500;
/** Temporal takes 20,000 bytes of details, and a UTF-16 unit has at most three. */
const MAX_DETAILS = 6000;

/** How long Temporal waits for a workflow task of a run, in milliseconds: docs/decisions/0011-short-workflow-task-timeouts.md. */
export const WORKFLOW_TASK_TIMEOUT_MS = 5000;

export function describeRun(input: RunInput): RunDescription {
  return {
    memo: runMemo(input),
    attributes: runAttributes(input),
    summary: escapeSummary(taskSummary(input.task.text)),
    details: taskDetails(input),
  };
}

export function runMemo(input: RunInput): RunMemo {
  const { client, source, task, callback } = input;
  const { text, sessionKey, userId, metadata } = task;
  return {
    client,
    source,
    ...executorOf(input),
    ...(callback && { callbackUrl: hideQuery(callback.url) }),
    ...(sessionKey !== undefined && { sessionKey }),
    ...(userId !== undefined && { userId }),
    summary: taskSummary(text),
    ...(metadata && { metadata: shownMetadata(metadata) }),
  };
}

/** What a run is found by; `mark` is that of its callback. */
export function runAttributes(
  {
    client,
    source,
    agent,
    task,
  }: Pick<RunInput, 'client' | 'source'> & { readonly agent?: string; readonly task: Partial<Task> },
  mark?: CallbackMark,
): RunAttribute[] {
  const values: [SearchAttributeName, string | undefined][] = [
    [SEARCH_ATTRIBUTE.client, client],
    [SEARCH_ATTRIBUTE.source, source],
    [SEARCH_ATTRIBUTE.agent, agent],
    [SEARCH_ATTRIBUTE.session, task.sessionKey],
    [SEARCH_ATTRIBUTE.user, task.userId],
    [SEARCH_ATTRIBUTE.callback, mark],
  ];
  const keywords = metadataKeywords(task.metadata ?? {});
  return [
    ...values.flatMap(([name, text]): RunAttribute[] => {
      const value = toKeyword(text);
      return value === undefined ? [] : [{ key: { name, type: 'KEYWORD' }, value }];
    }),
    ...(keywords.length === 0
      ? []
      : [{ key: { name: SEARCH_ATTRIBUTE.metadata, type: 'KEYWORD_LIST' as const }, value: keywords }]),
  ];
}

/** Markdown for the Temporal UI: bullets, with everything that a caller wrote escaped. */
function taskDetails(input: RunInput): string {
  const { task, client, source, callback } = input;
  const bullets: [string, string | undefined][] = [
    ['client', client],
    ['source', source],
    ...Object.entries(executorOf(input)),
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
export function escapeSummary(text: string): string {
  return text.replace(/[\\`*_[\]<>&]|:(?=\/\/)/g, (mark) => `\\${mark}`);
}

/**
 * A caller's text that the UI's Markdown shows as it is. The UI renders raw HTML and bare addresses, and takes a
 * backslash before the marks below alone; before any other it would show it.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- control characters are what must go
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
      .replace(/[\\`*_{}[\]()#+\-.!:|&<>~^]/g, (mark) => `\\${mark}`)
  );
}
