import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { TaskFields } from '../../protocol/task-request.ts';
import type { AcceptedTask, TaskPlan } from '../../runs/accepted-task.ts';
import type { Refusal } from '../../signatures/scheme.ts';
import type { EventView } from '../../sources/event-view.ts';
import { answerHandshake } from '../../sources/handshakes.ts';
import { type EventVerdict, judgeEvents } from '../../sources/judge-event.ts';
import type { IncomingEvent, Outcome } from '../../sources/preset.ts';
import type { Source } from '../../sources/source.ts';
import { type AcceptDeps, acceptTask, planTask, type ReadTask, type VerifiedDelivery } from './accept-task.ts';
import { judgeProof, type ProofDeps } from './judge-proof.ts';

/** A delivery of a configured source, verified by that source's rules. Only `verifySourceDelivery` makes one. */
export interface SourceDelivery extends VerifiedDelivery {
  /** The source that verified it, so that no other source's rules can be applied to it. */
  readonly from: Source;
  readonly headers: IncomingMessage['headersDistinct'];
  readonly query: URLSearchParams;
}

/** One text for everything that does not prove its sender: it helps nobody who guesses. The log of the server has the reason. */
const UNVERIFIED =
  'The delivery is not verified: check the secret and the clock at the sender, and that no proxy changes body or URL.';

/** A delivery as it came in. */
export interface IncomingDelivery extends IncomingEvent {
  readonly method: string;
  /** The path and the query of the request line. */
  readonly target: string;
}

export interface VerifySourceDeps extends ProofDeps {
  /** The URL by which senders call this server. */
  readonly publicUrl?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Told why a delivery is refused, for the log. */
  readonly onRefusal: (reason: Refusal) => void;
}

/**
 * Verifies the raw bytes of a delivery by the scheme of its source, and its secrets or the keys of another host.
 *
 * Its `deliveryId` is the signed one, where the scheme signs one.
 *
 * @throws ProblemError `signature_invalid`, with the same text for every reason; `sender_unreachable`
 */
export async function verifySourceDelivery(
  source: Source,
  { headers, body, query, method, target }: IncomingDelivery,
  { publicUrl = UNKNOWN_URL, now, onRefusal, ...deps }: VerifySourceDeps,
): Promise<SourceDelivery> {
  const { name, client } = source;
  const verdict = await judgeProof(source, { method, url: publicUrl + target, headers, body, now }, deps);
  if (!verdict.ok) {
    onRefusal(verdict.reason);
    throw new ProblemError('signature_invalid', UNVERIFIED);
  }
  const delivery = { client, source: name, from: source, headers, query, body, deliveryId: verdict.deliveryId };
  return delivery as SourceDelivery;
}

/** Stands in where only the query counts: a source that signs its URL is refused at start without `public_url`. */
const UNKNOWN_URL = 'http://localhost';

/** What a delivery asks before it proves anything, such as the challenge of a URL; undefined where it is an event. */
export function answerUnverified({ handshakes }: Source, raw: IncomingEvent): Outcome | undefined {
  return answerHandshake(handshakes, 'unverified', { raw, secrets: [] });
}

/** The result of an event: a task, or an answer that starts nothing. */
export type ParsedEvent<Task = AcceptedTask> =
  | Outcome
  | {
      readonly kind: 'task';
      readonly task: Task;
      readonly view: EventView;
      /** See `EventVerdict`. */
      readonly listed: boolean;
    };

/**
 * Reads a verified delivery by the rules of its source, and accepts the tasks that they make of its events. One event that is
 * refused refuses the delivery.
 *
 * @throws ProblemError `unsupported_media_type`, `malformed_json`, `invalid_event`, `user_not_permitted`,
 * `callback_url_refused`, `agent_not_permitted`
 */
export async function parseSourceDelivery(delivery: SourceDelivery, deps: AcceptDeps): Promise<readonly ParsedEvent[]> {
  return Promise.all(
    judgeEvents(delivery.from, delivery, delivery.deliveryId).map(async (verdict) =>
      verdict.kind === 'task'
        ? {
            kind: 'task' as const,
            task: await acceptTask(delivery, toReadTask(verdict, delivery.from), deps),
            view: verdict.view,
            listed: verdict.listed,
          }
        : verdict,
    ),
  );
}

/**
 * Returns what a delivery would do if its signature were valid. Its plans cannot be started.
 *
 * @throws ProblemError as `parseSourceDelivery` does
 */
export async function rehearseDelivery(
  source: Source,
  raw: IncomingEvent,
  deps: AcceptDeps,
): Promise<readonly ParsedEvent<TaskPlan>[]> {
  const early = answerUnverified(source, raw);
  if (early !== undefined) return [early];
  const from = { client: source.client, source: source.name };
  return Promise.all(
    judgeEvents(source, raw, undefined).map(async (verdict) =>
      verdict.kind === 'task'
        ? {
            kind: 'task' as const,
            task: await planTask(from, toReadTask(verdict, source), deps),
            view: verdict.view,
            listed: verdict.listed,
          }
        : verdict,
    ),
  );
}

function toReadTask(
  { task, view, fingerprint }: Extract<EventVerdict, { kind: 'task' }>,
  { sessionPolicy, approval, identity }: Source,
): ReadTask {
  const anyBody = identity === 'id';
  return { ...task, fields: FIELDS, deliveryId: view.delivery_id, fingerprint, sessionPolicy, approval, anyBody };
}

const FIELDS: TaskFields = { url: 'map.callback_url', user: 'map.user_id' };
