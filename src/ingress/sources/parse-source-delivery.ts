import { type AcceptDeps, acceptTask } from '../accept-task.ts';
import type { AcceptedTask } from '../delivery.ts';
import type { EventView } from './event-view.ts';
import { judgeEvent } from './judge-event.ts';
import type { Handshake } from './preset.ts';
import type { SourceDelivery } from './verify-source-delivery.ts';

/** What came of a delivery: a task to start, or an answer that starts nothing. */
export type ParsedDelivery =
  Handshake | { readonly kind: 'task'; readonly task: AcceptedTask; readonly view: EventView };

/**
 * Reads a verified delivery by the rules of its source, and accepts the task that they make of it.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`, `callback_url_refused`,
 * `agent_not_permitted`
 */
export async function parseSourceDelivery(delivery: SourceDelivery, deps: AcceptDeps): Promise<ParsedDelivery> {
  const verdict = judgeEvent(delivery.from, delivery, delivery.deliveryId);
  if (verdict.kind !== 'task') return verdict;
  const { task, view, fingerprint } = verdict;
  const read = { ...task, urlField: 'map.callback_url', deliveryId: view.delivery_id, fingerprint };
  return { kind: 'task', task: await acceptTask(delivery, read, deps), view };
}
