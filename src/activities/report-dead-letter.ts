import { type Activities, REPORT_DEAD_LETTER_INPUT } from '../contract/activities.ts';
import { readStored } from '../contract/stored.ts';
import { shortHost } from '../egress/egress-error.ts';
import { guardedPost } from '../egress/guarded-request.ts';
import { toInputFailure } from './agent-failure.ts';
import type { DeliverCallbackDeps } from './deliver-callback.ts';
import { callbackSecretOf } from './callback/callback-client.ts';
import { tellOperator } from './callback/tell-operator.ts';

export type ReportDeadLetterDeps = Pick<
  DeliverCallbackDeps,
  'clients' | 'deadLetterWebhook' | 'deadLetterSecret' | 'logger' | 'metrics' | 'post' | 'now'
>;

/**
 * The activity `reportDeadLetter`: counts, logs and tells the operator of a dead letter that no delivery could tell of.
 * A webhook that can't be sent is logged and nothing more, as in `deliverCallback`.
 *
 * The activity throws ApplicationFailure of type `InvalidInput`.
 */
export function createReportDeadLetter(deps: ReportDeadLetterDeps): Activities['reportDeadLetter'] {
  const {
    clients,
    deadLetterWebhook: url,
    deadLetterSecret,
    logger,
    metrics,
    post = guardedPost,
    now = Date.now,
  } = deps;
  return async (value) => {
    const read = readStored(REPORT_DEAD_LETTER_INPUT, 'ReportDeadLetterInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const { client, runId, lastTry = {} } = read.input;
    const host = URL.canParse(read.input.url) ? new URL(read.input.url).hostname : '';
    metrics?.callbackDied();
    logger.warn(
      { runId, client, host: shortHost(host), ...lastTry },
      'callback not delivered, and no try follows: Temporal ended the delivery',
    );
    if (url === undefined) return;
    const known = clients.get(client);
    const secrets = deadLetterSecret ?? (known === undefined ? [] : callbackSecretOf(known));
    const facts = { input: { runId, client }, host, fault: lastTry, attempts: lastTry.tries, at: now() };
    await tellOperator({ url, secrets, ...facts, post, logger });
  };
}
