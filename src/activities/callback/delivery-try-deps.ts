import type { DeliveryErrorClass } from '../../contract/run.ts';
import type { EgressProxy } from '../../egress/egress-proxy.ts';
import type { guardedPost } from '../../egress/guarded-request.ts';
import type { OwnListeners } from '../../egress/own-listeners.ts';
import type { ActivityLogger } from '../activity-logger.ts';
import type { Heartbeat } from '../heartbeat.ts';
import type { HostPlaces } from './host-places.ts';

/** What `deliverCallback` counts. */
export interface CallbackMetrics {
  /** One try ended; the seconds run from the lookup to the end of the answer. */
  callbackAttempted(
    attempt: { outcome: 'delivered' } | { outcome: 'failed'; errorClass: DeliveryErrorClass },
    seconds: number,
  ): void;
  /** The last try failed. */
  callbackDied(): void;
  /** An attempt found no place at its host, and waits for its turn. */
  callbackDeferred(): void;
}

/** What a try needs from outside. */
export interface DeliveryTryDeps {
  /** Networks in CIDR form that callbacks may go to although they are not public. */
  readonly permitNetworks: readonly string[];
  /** Every callback goes through it; the operator's own webhook does not. Default: none. */
  readonly proxy?: EgressProxy | undefined;
  /** Where this process listens, to which no callback goes. Default: nowhere. */
  readonly own?: OwnListeners | undefined;
  /** Tells the workflow that the first try failed and more follow. When it fails the delivery goes on all the same. */
  readonly onFirstFailure: (runId: string) => Promise<void>;
  readonly heartbeat: Heartbeat;
  /** Shared by all deliveries of the worker. */
  readonly places: HostPlaces;
  /** Statuses that end the tries. Default: `DEFAULT_STOP_STATUSES`. */
  readonly stopStatuses?: readonly number[];
  /** URL at which the operator hears of dead letters. Default: none. */
  readonly deadLetterWebhook?: string;
  /** Sign what goes there. Default: the secrets that sign the client's callbacks. */
  readonly deadLetterSecret?: readonly string[];
  readonly logger: ActivityLogger;
  readonly metrics?: CallbackMetrics;
  /** Default: `guardedPost`. */
  readonly post?: typeof guardedPost;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}
