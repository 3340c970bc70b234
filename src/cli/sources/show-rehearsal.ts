import { executorOf } from '../../contract/run.ts';
import type { TaskPlan } from '../../runs/accepted-task.ts';
import type { ParsedEvent } from '../../ingress/tasks/source-delivery.ts';
import type { Source } from '../../sources/source.ts';
import { toOneLine, toTerminalText } from '../show/terminal-text.ts';

type Rehearsal = ParsedEvent<TaskPlan>;

const MAX_VALUE = 200;

/** The outcome of an event in words. */
export function showRehearsal({ name }: Source, rehearsal: Rehearsal): string {
  if (rehearsal.kind === 'ignored') {
    return `Source ${name} would ignore this event and start nothing: ${toTerminalText(rehearsal.reason)}.\n`;
  }
  if (rehearsal.kind === 'refused') return `Source ${name} would refuse this handshake with 403.\n`;
  if (rehearsal.kind === 'answer') {
    return `Source ${name} would answer this handshake and start nothing: ${toOneLine(JSON.stringify(rehearsal.body), MAX_VALUE)}\n`;
  }
  const { task, view } = rehearsal;
  const { client, callback, task: asked } = task.input;
  const rows: [string, string | undefined][] = [
    ['event type', view.event_type],
    ...Object.entries(executorOf(task.input)),
    ['client', client],
    ['session', asked.sessionKey],
    ['user', [asked.userName, asked.userId].filter((text) => text !== undefined).join(', ') || undefined],
    ['callback', callback?.url],
    ...Object.entries(asked.metadata ?? {}).map(([key, value]): [string, string] => [`metadata.${key}`, value]),
    ['delivery id', view.delivery_id],
    ['run id', task.idempotent ? task.runId : undefined],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(
    ([label, value]) =>
      `  ${label.padEnd(width)}  ${value === undefined ? absent(label) : toOneLine(value, MAX_VALUE)}`,
  );
  return `Source ${name} would start a task:\n\n${lines.join('\n')}\n\n${toTerminalText(asked.text, { keepLines: true }).trimEnd()}\n`;
}

function absent(label: string): string {
  return label === 'run id' ? 'new for every delivery, because there is no delivery id' : 'none';
}

/** The outcome of an event as JSON. */
export function rehearsalToJson(rehearsal: Rehearsal): object {
  if (rehearsal.kind === 'ignored') return { outcome: 'ignored', reason: rehearsal.reason };
  if (rehearsal.kind === 'refused') return { outcome: 'refused' };
  if (rehearsal.kind === 'answer') return { outcome: 'answered', body: rehearsal.body };
  const { task, view } = rehearsal;
  const { client, source, callback, task: asked } = task.input;
  return {
    outcome: 'task',
    source,
    client,
    ...executorOf(task.input),
    event_type: view.event_type ?? null,
    delivery_id: view.delivery_id ?? null,
    run_id: task.idempotent ? task.runId : null,
    text: asked.text,
    session_key: asked.sessionKey ?? null,
    user_id: asked.userId ?? null,
    user_name: asked.userName ?? null,
    callback_url: callback?.url ?? null,
    metadata: asked.metadata ?? {},
  };
}
