import { CALLBACK_REDELIVERY_INPUT, type CallbackReceipt, type CallbackRedeliveryInput } from '../../contract/run.ts';
import { readStored } from '../../contract/stored.ts';
import { deliverOutcome } from './deliver-outcome.ts';
import { toFailure } from '../workflow-failure.ts';
import { autoUpgrade } from '../auto-upgrade.ts';

/**
 * Sends the callback of a closed run again, on a schedule of its own, with the same body and `webhook-id`. It has no agent to call.
 *
 * The signal `redeliver` restarts the schedule, as in an open run. When the schedule is exhausted it fails with
 * `CallbackUndeliverable` at once: as long as Temporal keeps the run, another redelivery can be asked for.
 */
export async function callbackRedelivery(given: CallbackRedeliveryInput): Promise<CallbackReceipt> {
  const read = readStored(CALLBACK_REDELIVERY_INPUT, 'CallbackRedeliveryInput', given);
  if (!read.ok) throw toFailure('InvalidInput', read.problem);
  const { client, runId, outcome, ...schedule } = read.input;
  const target = { ...schedule, deadLetterMs: 0 };
  const receipt = await deliverOutcome({ client, runId, target, outcome, mark: 'retrying' });
  if (receipt !== 'expired') return receipt;
  throw toFailure('CallbackUndeliverable', `The callback could not be delivered: redeliver ${runId} again.`);
}

// Its schedule takes days, and it asks no agent: it moves to the build that is current.
autoUpgrade(callbackRedelivery);
