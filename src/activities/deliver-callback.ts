import { type Activities, DELIVER_CALLBACK_INPUT } from '../contract/activities.ts';
import type { AnswerLinks } from '../contract/answer-link.ts';
import { DELIVER_QUESTION_INPUT, type QuestionActivities } from '../contract/question-activities.ts';
import { DEFERRED, type FirstTryActivities } from '../contract/first-try.ts';
import { readStored } from '../contract/stored.ts';
import { RUN_OUTCOME, type RunOutcome } from '../contract/run.ts';
import { toQuestionBody } from '../protocol/question-body.ts';
import { parseEgressProxy } from '../egress/egress-proxy.ts';
import { parseNetworks } from '../egress/network.ts';
import { toActivityFailure, toInputFailure } from './activity-failure.ts';
import { type CallbackClient, prepareClients } from './callback/callback-client.ts';
import { type KnownDelivery, toDelivery } from './callback/callback-request.ts';
import { CallbackAttempt, type CallbackAttemptDeps } from './callback/callback-attempt.ts';
import { FirstTries } from './callback/first-tries.ts';
import { HostSemaphores } from './callback/host-semaphores.ts';
import { KeptTries } from './callback/kept-tries.ts';
import { readFirstOutcome } from './callback/read-first-outcome.ts';
import { tryCallback } from './callback/try-callback.ts';
import { startHeartbeat } from './heartbeat.ts';

export interface DeliverCallbackDeps extends Omit<CallbackAttemptDeps, 'heartbeat' | 'hosts' | 'proxy' | 'firstTries'> {
  /** By id. */
  readonly clients: ReadonlyMap<string, CallbackClient>;
  /** URL of a proxy for callbacks. Default: none. */
  readonly proxy?: string;
  /** Most concurrent attempts at one host. Default: `DEFAULT_PER_HOST`. */
  readonly perHost?: number;
  /** Of questions. Default: there are none. */
  readonly links?: AnswerLinks;
  /** Folder of the journal. Default: what became of first tries is lost with the process. */
  readonly journalFolder?: string;
}

export const DEFAULT_PER_HOST = 50;

interface CallbackActivities extends FirstTryActivities {
  readonly deliverCallback: Activities['deliverCallback'];
  readonly deliverQuestion: QuestionActivities['deliverQuestion'];
}

/**
 * The activity `deliverCallback`: one HTTP request for each attempt. And the local activity `tryCallback`, which saves it where a
 * receiver answers quickly. And `deliverQuestion`, which tells of a question as `deliverCallback` tells of an outcome.
 *
 * Body and `webhook-id` are the same on every attempt; the signed timestamp is fresh. The failure of an attempt sets the
 * delay to the next one, so that the schedule of the input holds whatever retry policy the workflow sets.
 *
 * A slow host gets few concurrent attempts. An attempt over the per-host limit is deferred: it fails as `CallbackParked` and does
 * not count. So leave `maximumAttempts` unset: the activity counts its attempts.
 *
 * `deliverCallback` throws ApplicationFailure of type `InvalidInput`, `CallbackFailed`, `CallbackParked`, `CallbackRefused`,
 * `CallbackStopped` or `WorkerStopped`, or `CancelledFailure` on cancel, pause and reset. `tryCallback` throws nothing.
 *
 * @throws RangeError when a client cannot sign or has an invalid header, when a network or the proxy is invalid, or when
 * `perHost` is not a positive whole number
 */
export function createDeliverCallback(given: DeliverCallbackDeps): CallbackActivities {
  const clients = prepareClients(given.clients, given.logger);
  parseNetworks(given.permitNetworks);
  const proxy = given.proxy === undefined ? undefined : parseEgressProxy(given.proxy);
  const hosts = new HostSemaphores({ perHost: given.perHost ?? DEFAULT_PER_HOST });
  const firstTries = new FirstTries(new KeptTries({ folder: given.journalFolder, logger: given.logger }));
  const deps = { ...given, hosts, proxy, firstTries };
  const attempt = async (client: string, read: () => KnownDelivery | Promise<KnownDelivery>) => {
    const heartbeat = startHeartbeat();
    try {
      return await new CallbackAttempt({ ...deps, heartbeat }, await read()).run(clients.get(client));
    } finally {
      heartbeat.stop();
    }
  };
  return {
    async deliverCallback(value) {
      const read = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);
      if (!read.ok) throw toInputFailure(read.problem);
      const { input } = read;
      return attempt(input.client, async () =>
        toDelivery({ ...input, outcome: input.outcome ?? (await readOutcome()) }),
      );
    },
    async deliverQuestion(value) {
      const read = readStored(DELIVER_QUESTION_INPUT, 'DeliverQuestionInput', value);
      if (!read.ok) throw toInputFailure(read.problem);
      const { input } = read;
      // The link is made here, so that no history holds it.
      const body = JSON.stringify(toQuestionBody(input, given.links ?? {}));
      return attempt(input.client, () => ({ ...input, body, isQuestion: true }));
    },
    async tryCallback(value) {
      const read = readStored(DELIVER_CALLBACK_INPUT, 'DeliverCallbackInput', value);
      if (!read.ok || read.input.outcome === undefined) return DEFERRED;
      return tryCallback(deps, { ...read.input, outcome: read.input.outcome }, clients.get(read.input.client));
    },
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
