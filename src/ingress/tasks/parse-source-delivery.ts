import type { TaskFields } from '../../protocol/task-request.ts';
import { type AcceptDeps, acceptTask, planTask, type ReadTask } from './accept-task.ts';
import type { AcceptedTask, TaskPlan } from '../../runs/accepted-task.ts';
import type { EventView } from '../../sources/event-view.ts';
import { type EventVerdict, judgeEvent } from '../../sources/judge-event.ts';
import type { Handshake } from '../../sources/preset.ts';
import type { RawEvent } from '../../sources/preset.ts';
import type { Source } from '../../sources/source.ts';
import type { SourceDelivery } from './verify-source-delivery.ts';

/** What came of a delivery: a task, or an answer that starts nothing. */
export type ParsedDelivery<Task = AcceptedTask> =
  Handshake | { readonly kind: 'task'; readonly task: Task; readonly view: EventView };

/**
 * Reads a verified delivery by the rules of its source, and accepts the task that they make of it.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`, `user_not_permitted`,
 * `callback_url_refused`, `agent_not_permitted`
 */
export async function parseSourceDelivery(delivery: SourceDelivery, deps: AcceptDeps): Promise<ParsedDelivery> {
  const verdict = judgeEvent(delivery.from, delivery, delivery.deliveryId);
  if (verdict.kind !== 'task') return verdict;
  return { kind: 'task', task: await acceptTask(delivery, toReadTask(verdict), deps), view: verdict.view };
}

/**
 * Tells what would become of a delivery, were it signed. What it gives can't be started.
 *
 * @throws ProblemError as `parseSourceDelivery` does
 */
export async function rehearseDelivery(
  source: Source,
  raw: RawEvent,
  deps: AcceptDeps,
): Promise<ParsedDelivery<TaskPlan>> {
  const verdict = judgeEvent(source, raw, undefined);
  if (verdict.kind !== 'task') return verdict;
  const from = { client: source.client, source: source.name };
  return { kind: 'task', task: await planTask(from, toReadTask(verdict), deps), view: verdict.view };
}

function toReadTask({ task, view, fingerprint }: Extract<EventVerdict, { kind: 'task' }>): ReadTask {
  return { ...task, fields: FIELDS, deliveryId: view.delivery_id, fingerprint };
}

const FIELDS: TaskFields = { url: 'map.callback_url', user: 'map.user_id' };
