import type { RunResource, RunStatus } from '../../protocol/run-resource.ts';
import type { Colors } from '../cli-io.ts';
import { showDuration, showRelative } from './show-time.ts';
import { toOneLine, toTerminalText } from './terminal-text.ts';

const OUTPUT_CHARACTERS = 300;
const LABEL_WIDTH = 12;

/** The status of a run, in words. */
export const STATUS_WORDS: Readonly<Record<RunStatus, string>> = {
  queued: 'queued',
  running: 'running',
  paused: 'paused',
  input_required: 'waiting for input',
  completed: 'completed',
  failed: 'failed',
  timed_out: 'timed out',
  canceled: 'canceled',
};

/** The same in a sentence that begins with the run's id. */
export const STATUS_PHRASES: Readonly<Record<RunStatus, string>> = {
  queued: 'is queued',
  running: 'is running',
  paused: 'is paused',
  input_required: 'waits for input',
  completed: 'has completed',
  failed: 'failed',
  timed_out: 'timed out',
  canceled: 'was canceled',
};

/** And in which colour. */
export const STATUS_COLOR: Readonly<Record<RunStatus, 'green' | 'red' | 'yellow' | 'cyan'>> = {
  queued: 'cyan',
  running: 'cyan',
  paused: 'yellow',
  input_required: 'yellow',
  completed: 'green',
  failed: 'red',
  timed_out: 'red',
  canceled: 'yellow',
};

/**
 * A run for people: one aligned line per fact, only the facts that are known.
 *
 * @param now milliseconds since the epoch; times are shown relative to it
 */
export function showRun(run: RunResource, { now, colors }: { readonly now: number; readonly colors: Colors }): string {
  const rows: [string, string | undefined][] = [
    ['status', colors[STATUS_COLOR[run.status]](STATUS_WORDS[run.status])],
    ['position', run.position === undefined ? undefined : `${run.position} in its session`],
    ['error', run.error && `${run.error.message} (${run.error.code})`],
    ['task', run.summary],
    ['output', run.output && toOneLine(run.output, OUTPUT_CHARACTERS)],
    ['agent', run.agent && showAgent(run.agent)],
    ['workflow', run.workflow],
    ...(run.steps ?? []).map((step): [string, string] => ['step', showStep(step)]),
    ['progress', run.agent?.progress],
    ['last error', run.agent?.last_error],
    ['next attempt', run.agent?.next_attempt_at && showRelative(run.agent.next_attempt_at, now)],
    ['callback', showCallback(run.callback, now)],
    ['session', run.session_key],
    ['answered by', run.collected_into],
    ['user', run.user_id],
    ['source', run.source],
    ['delivery', run.delivery_id],
    ['metadata', run.metadata && showMetadata(run.metadata)],
    ['data', run.data === undefined ? undefined : toOneLine(JSON.stringify(run.data), OUTPUT_CHARACTERS)],
    ['tokens', showTokens(run.usage)],
    ['cost', showCost(run.usage)],
    ['own session', run.agent_session],
    ['starts', run.starts_at && run.started_at === undefined ? showRelative(run.starts_at, now) : undefined],
    ['created', run.created_at && showRelative(run.created_at, now)],
    ['finished', showFinished(run, now)],
    ['Temporal UI', run.links.temporal_ui],
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined || value === ''
      ? []
      : [`  ${colors.dim(label.padEnd(LABEL_WIDTH))}${keepColors(label, value)}`],
  );
  return [colors.bold(run.id), ...lines].join('\n');
}

/** The one value that is ours and may hold colour codes is the status. */
function keepColors(label: string, value: string): string {
  return label === 'status' ? value : toTerminalText(value);
}

function showMetadata(metadata: NonNullable<RunResource['metadata']>): string {
  return Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

function showStep({ id, status, agent, error }: NonNullable<RunResource['steps']>[number]): string {
  const by = agent === undefined ? '' : ` by ${agent}`;
  return `${id}${by}: ${status}${error === undefined ? '' : `, ${error.code}: ${error.message}`}`;
}

function showAgent({ name, attempt, max_attempts }: NonNullable<RunResource['agent']>): string {
  return [name, showAttempt(attempt, max_attempts)].filter((part) => part !== '').join(', ');
}

/** `attempt 2 of 3`, as far as it is known. */
export function showAttempt(attempt: number | undefined, of: number | undefined): string {
  if (attempt === undefined) return '';
  return of === undefined ? `attempt ${attempt}` : `attempt ${attempt} of ${of}`;
}

/** The state of the callback in one line; undefined when the run has none. */
export function showCallback(callback: RunResource['callback'], now: number): string | undefined {
  if (callback.status === 'none') return undefined;
  const { attempts, last_error, last_status_code } = callback;
  const failed = callback.status === 'retrying' || callback.status === 'dead';
  return [
    [callback.status, callback.url && `to ${callback.url}`].filter(Boolean).join(' '),
    attempts !== undefined && (failed || attempts > 1) && (attempts === 1 ? '1 attempt' : `${attempts} attempts`),
    failed && (last_error ?? (last_status_code !== undefined && `last status ${last_status_code}`)),
    callback.status === 'retrying' && callback.next_attempt_at && `next ${showRelative(callback.next_attempt_at, now)}`,
    callback.delivered_at && showRelative(callback.delivered_at, now),
  ]
    .filter(Boolean)
    .join(', ');
}

function showTokens(usage: RunResource['usage']): string | undefined {
  if (usage?.input_tokens === undefined && usage?.output_tokens === undefined) return undefined;
  return `${usage.input_tokens ?? '?'} in, ${usage.output_tokens ?? '?'} out`;
}

function showCost({ cost_usd, calls }: NonNullable<RunResource['usage']> = {}): string | undefined {
  const parts = [
    ...(cost_usd === undefined ? [] : [`${cost_usd} USD`]),
    ...(calls === undefined ? [] : [calls === 1 ? '1 call of the model' : `${calls} calls of the model`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

function showFinished({ started_at, created_at, finished_at }: RunResource, now: number): string | undefined {
  const begun = started_at ?? created_at;
  if (finished_at === undefined) return undefined;
  const when = showRelative(finished_at, now);
  return begun === undefined ? when : `${when}, after ${showDuration(Date.parse(finished_at) - Date.parse(begun))}`;
}
