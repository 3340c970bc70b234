import type { DeliverCallbackInput } from '../../contract/activities.ts';
import type { DeliveryErrorClass } from '../../contract/run.ts';
import type { guardedPost } from '../../egress/guarded-request.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import type { ActivityLogger } from '../activity-logger.ts';
import { isTaken } from './judge-answer.ts';

/** A run whose callback is dead, and what the operator is told with. */
export interface DeadLetterNews {
  readonly url: string;
  /** All of them sign. */
  readonly secrets: readonly string[];
  readonly input: Pick<DeliverCallbackInput, 'runId' | 'client'>;
  readonly host: string;
  /** Of the last try, where one is known. */
  readonly fault: { readonly statusCode?: number | undefined; readonly errorClass?: DeliveryErrorClass | undefined };
  readonly attempts: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly post: typeof guardedPost;
  readonly logger: ActivityLogger;
}

/** The operator chose the address, which may well be inside. */
const ANYWHERE = { allowedDomains: [], permitNetworks: ['0.0.0.0/0', '::/0'] };
const TIMEOUT_MS = 10_000;

/**
 * Posts `run.callback_dead` to the operator, once. A failure is logged and nothing more. Never rejects.
 *
 * The `webhook-id` is made from the run id: should a worker die in its midst, the second one can be told for a repeat.
 */
export async function tellOperator(news: DeadLetterNews): Promise<void> {
  const { url, secrets, input, host, fault, attempts, at, logger } = news;
  const labels = { runId: input.runId, client: input.client };
  const body = JSON.stringify({
    type: 'run.callback_dead',
    run_id: input.runId,
    client: input.client,
    callback_host: host,
    last_status_code: fault.statusCode ?? null,
    error_class: fault.errorClass ?? null,
    attempts: attempts ?? null,
    at: new Date(at).toISOString(),
  });
  try {
    const signed = signRequest({ secrets, id: `dead-${input.runId}`, timestamp: Math.floor(at / 1000), body });
    const answer = await news.post({
      url,
      headers: { 'content-type': 'application/json', 'user-agent': 'garudust-temporal', ...signed },
      body,
      timeoutMs: TIMEOUT_MS,
      rules: ANYWHERE,
    });
    if (isTaken(answer)) return;
    const { statusCode } = answer;
    logger.warn(
      { ...labels, statusCode },
      'the webhook for dead letters was not taken: check callback.dead_letter_webhook',
    );
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    logger.warn(
      { ...labels, error: name },
      'the webhook for dead letters could not be sent: check callback.dead_letter_webhook',
    );
  }
}
