import type { DeliveryErrorClass } from '../../contract/run.ts';
import { guardedPost } from '../../egress/guarded-request.ts';
import { CALLBACK_DEAD, type DeadLetterBody } from '../../protocol/callback-body.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import { type ActivityLogger, nameOf } from '../activity.ts';
import { type CallbackClient, callbackSecretOf } from './callback-client.ts';
import { isAccepted } from './callback-fault.ts';

export interface NotifyDeps {
  /** URL that is notified of dead letters. Default: none. */
  readonly deadLetterWebhook?: string;
  /** Signs the notification. Default: the secrets that sign the client's callbacks. */
  readonly deadLetterSecret?: readonly string[];
  readonly logger: ActivityLogger;
  /** Default: `guardedPost`. */
  readonly post?: typeof guardedPost;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/** A run whose callback could not be delivered. */
export interface DeadLetter {
  readonly runId: string;
  /** ID of the client. */
  readonly client: string;
  readonly host: string;
  /** The last attempt, where one is known. */
  readonly fault: { readonly statusCode?: number | undefined; readonly errorClass?: DeliveryErrorClass | undefined };
  readonly attempts: number | undefined;
}

/** The operator chose the address, which may be an internal one. */
const ANYWHERE = { allowedDomains: [], permitNetworks: ['0.0.0.0/0', '::/0'] };
const TIMEOUT_MS = 10_000;

/**
 * Posts `run.callback_dead` to the operator, once, if there is a webhook. Logs a failure. Never rejects.
 *
 * The `webhook-id` derives from the run ID, so that the receiver recognises a repeat after a worker crash.
 *
 * @param configured the client; undefined when this worker does not know it
 */
export async function notifyOperator(
  deps: NotifyDeps,
  configured: Pick<CallbackClient, 'webhookSecret' | 'callbackSecret'> | undefined,
  { runId, client, host, fault, attempts }: DeadLetter,
): Promise<void> {
  const { deadLetterWebhook: url, deadLetterSecret, logger, post = guardedPost, now = Date.now } = deps;
  if (url === undefined) return;
  const at = now();
  const secrets = deadLetterSecret ?? (configured === undefined ? [] : callbackSecretOf(configured));
  const body = JSON.stringify({
    type: CALLBACK_DEAD,
    run_id: runId,
    client,
    callback_host: host,
    last_status_code: fault.statusCode ?? null,
    error_class: fault.errorClass ?? null,
    attempts: attempts ?? null,
    at: new Date(at).toISOString(),
  } satisfies DeadLetterBody);
  try {
    const signed = signRequest({ secrets, id: `dead-${runId}`, timestamp: Math.floor(at / 1000), body });
    const answer = await post({
      url,
      headers: { 'content-type': 'application/json', 'user-agent': 'garudust-temporal', ...signed },
      body,
      timeoutMs: TIMEOUT_MS,
      rules: ANYWHERE,
    });
    if (isAccepted(answer)) return;
    const { statusCode } = answer;
    logger.warn(
      { run_id: runId, client, status_code: statusCode },
      'dead letter webhook rejected: check callback.dead_letter_webhook',
    );
  } catch (error) {
    logger.warn(
      { run_id: runId, client, error: nameOf(error) },
      'dead letter webhook failed: check callback.dead_letter_webhook',
    );
  }
}
