import { type Activities, REPORT_DEAD_LETTER_INPUT } from '../contract/activities.ts';
import { readStored } from '../contract/stored.ts';
import { shortHost } from '../egress/egress-error.ts';
import { toInputFailure } from './activity-failure.ts';
import { type NotifyDeps, notifyOperator } from './callback/notify-operator.ts';
import type { DeliverCallbackDeps } from './deliver-callback.ts';

export type ReportDeadLetterDeps = NotifyDeps & Pick<DeliverCallbackDeps, 'clients' | 'metrics'>;

/**
 * The activity `reportDeadLetter`: counts and logs a dead letter that no delivery could report, and notifies the operator.
 * Logs a webhook that fails, as `deliverCallback` does.
 *
 * The activity throws ApplicationFailure of type `InvalidInput`.
 */
export function createReportDeadLetter(deps: ReportDeadLetterDeps): Activities['reportDeadLetter'] {
  return async (value) => {
    const read = readStored(REPORT_DEAD_LETTER_INPUT, 'ReportDeadLetterInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const { client, runId, url, lastTry = {} } = read.input;
    const host = URL.canParse(url) ? new URL(url).hostname : '';
    deps.metrics?.callbackDied();
    deps.logger.warn(
      {
        run_id: runId,
        client,
        host: shortHost(host),
        tries: lastTry.tries,
        error_class: lastTry.errorClass,
        status_code: lastTry.statusCode,
      },
      'callback not delivered and not retried: Temporal ended the delivery',
    );
    const letter = { runId, client, host, fault: lastTry, attempts: lastTry.tries };
    await notifyOperator(deps, deps.clients.get(client), letter);
  };
}
