import { type Activities, DELIVER_CALLBACK_INPUT } from '../contract/activities.ts';
import { readStored } from '../contract/stored.ts';
import { RUN_OUTCOME, type RunOutcome } from '../contract/run.ts';
import { parseEgressProxy } from '../egress/egress-proxy.ts';
import { parseNetworks } from '../egress/network.ts';
import { toActivityFailure, toInputFailure } from './activity-failure.ts';
import { type CallbackClient, prepareClients } from './callback/callback-client.ts';
import { CallbackAttempt, type CallbackAttemptDeps } from './callback/callback-attempt.ts';
import { HostSemaphores } from './callback/host-semaphores.ts';
import { readFirstOutcome } from './callback/read-first-outcome.ts';
import { startHeartbeat } from './heartbeat.ts';

export interface DeliverCallbackDeps extends Omit<CallbackAttemptDeps, 'heartbeat' | 'hosts' | 'proxy'> {
  /** By id. */
  readonly clients: ReadonlyMap<string, CallbackClient>;
  /** URL of a proxy for callbacks. Default: none. */
  readonly proxy?: string;
  /** Most concurrent attempts at one host. Default: `DEFAULT_PER_HOST`. */
  readonly perHost?: number;
}

export const DEFAULT_PER_HOST = 50;

/**
 * The activity `deliverCallback`: one HTTP request for each attempt.
 *
 * Body and `webhook-id` are the same on every attempt; the signed timestamp is fresh. The failure of an attempt sets the
 * delay to the next one, so that the schedule of the input holds whatever retry policy the workflow sets.
 *
 * A slow host gets few concurrent attempts. An attempt over the per-host limit is deferred: it fails as `CallbackParked` and does
 * not count. So leave `maximumAttempts` unset: the activity counts its attempts.
 *
 * The activity throws ApplicationFailure of type `InvalidInput`, `CallbackFailed`, `CallbackParked`, `CallbackRefused`,
 * `CallbackStopped` or `WorkerStopped`, or `CancelledFailure` on cancel, pause and reset.
 *
 * @throws RangeError when a client cannot sign or has an invalid header, when a network or the proxy is invalid, or when
 * `perHost` is not a positive whole number
 */
export function createDeliverCallback(deps: DeliverCallbackDeps): Activities['deliverCallback'] {
  const clients = prepareClients(deps.clients, deps.logger);
  parseNetworks(deps.permitNetworks);
  const proxy = deps.proxy === undefined ? undefined : parseEgressProxy(deps.proxy);
  const hosts = new HostSemaphores({ perHost: deps.perHost ?? DEFAULT_PER_HOST });
  return async (value) => {
    const read = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const heartbeat = startHeartbeat();
    try {
      const outcome = read.input.outcome ?? (await readOutcome());
      const attempt = new CallbackAttempt({ ...deps, heartbeat, hosts, proxy }, { ...read.input, outcome });
      return await attempt.run(clients.get(read.input.client));
    } finally {
      heartbeat.stop();
    }
  };
}

const READ_AGAIN_MS = 5000;

/** The outcome of a redelivery. */
async function readOutcome(): Promise<RunOutcome> {
  let found: unknown;
  try {
    found = await readFirstOutcome();
  } catch {
    const message = 'The outcome could not be read from Temporal; the next attempt is automatic.';
    throw toActivityFailure('CallbackFailed', message, { retryDelayMs: READ_AGAIN_MS });
  }
  const read = readStored(RUN_OUTCOME, 'RunOutcome', found);
  if (!read.ok) throw toInputFailure('outcome is missing: only a redelivery may leave it out.');
  return read.input;
}
