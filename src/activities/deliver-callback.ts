import { type Activities, DELIVER_CALLBACK_INPUT } from '../contract/activities.ts';
import { readStored } from '../contract/stored.ts';
import { parseEgressProxy } from '../egress/egress-proxy.ts';
import { parseNetworks } from '../egress/network.ts';
import { ownListeners } from '../egress/own-listeners.ts';
import { toInputFailure } from './agent-failure.ts';
import { type CallbackClient, prepareClients } from './callback/callback-client.ts';
import { DeliveryTry } from './callback/delivery-try.ts';
import type { DeliveryTryDeps } from './callback/delivery-try-deps.ts';
import { HostPlaces } from './callback/host-places.ts';
import { startHeartbeat } from './heartbeat.ts';

export interface DeliverCallbackDeps extends Omit<DeliveryTryDeps, 'heartbeat' | 'places' | 'proxy' | 'own'> {
  /** By id. */
  readonly clients: ReadonlyMap<string, CallbackClient>;
  /** The URL of a proxy that callbacks go through. Default: none. */
  readonly proxy?: string;
  /** Ports at which this process listens, to which no callback goes. Default: none. */
  readonly ownPorts?: readonly number[];
  /** Most tries at once to one host. Default: `DEFAULT_PER_HOST`. */
  readonly perHost?: number;
}

export const DEFAULT_PER_HOST = 50;

/**
 * The activity `deliverCallback`: one HTTP request for each attempt.
 *
 * Body and `webhook-id` are the same on every try, the signed timestamp is fresh. The failure of a try names the delay to
 * the next one, so that the schedule of the input holds whatever retry policy the workflow set.
 *
 * A host that is slow gets few tries at once; an attempt that finds no place there fails as `CallbackParked` until its turn
 * has come, which uses up no try. So let Temporal count no attempts (`maximumAttempts`): the activity counts its tries.
 *
 * The activity throws ApplicationFailure of type `InvalidInput`, `CallbackFailed`, `CallbackParked`, `CallbackRefused`,
 * `CallbackStopped` or `WorkerStopped`, or `CancelledFailure` on cancel, pause and reset.
 *
 * @throws RangeError when a client can't sign or has a header that is not valid, or for a network or proxy that is none, or
 * when `perHost` is not a positive whole number
 */
export function createDeliverCallback(deps: DeliverCallbackDeps): Activities['deliverCallback'] {
  const clients = prepareClients(deps.clients, deps.logger);
  parseNetworks(deps.permitNetworks);
  const proxy = deps.proxy === undefined ? undefined : parseEgressProxy(deps.proxy);
  const own = deps.ownPorts && ownListeners(deps.ownPorts);
  const places = new HostPlaces({ perHost: deps.perHost ?? DEFAULT_PER_HOST });
  return async (value) => {
    const read = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);
    if (!read.ok) throw toInputFailure(read.problem);
    const heartbeat = startHeartbeat();
    try {
      return await new DeliveryTry({ ...deps, heartbeat, places, proxy, own }, read.input).run(
        clients.get(read.input.client),
      );
    } finally {
      heartbeat.stop();
    }
  };
}
