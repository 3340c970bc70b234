import type { z } from 'zod';
import type { AgentPolicy } from '../contract/run.ts';
import type { CamelCased } from '../settings/camel-case.ts';
import { duration, payload, wholeNumber } from '../settings/quantities.ts';
import { setting } from '../settings/setting.ts';

/** A delay of zero would end the activity. */
const retryDelay = duration({ min: '100ms', max: '24h' });

/** The settings that an agent of every type has. */
export const agentPolicySettings = {
  concurrency: setting(wholeNumber({ min: 1, max: 10_000 }), {
    default: 64,
    help: 'Tasks that one worker gives this agent at once. Further tasks wait in the worker, and their attempt timeout does not run.',
  }),
  attempt_timeout: setting(duration({ min: '1s', max: '24d' }), {
    default: '10m',
    help: 'Time for one call of the agent.',
  }),
  total_timeout: setting(duration({ min: '1s', max: '365d' }), {
    default: '1h',
    help: 'Time for all attempts, waits included.',
  }),
  heartbeat_timeout: setting(duration({ min: '1s', max: '1h' }), {
    default: '30s',
    help: 'Silence after which Temporal takes the worker for lost and gives the task to another.',
  }),
  max_attempts: setting(wholeNumber({ min: 1, max: 100 }), {
    default: 3,
    help: "Calls that may cost money. Faults of the agent itself, such as a refused key, don't count.",
  }),
  retry_delay: setting(retryDelay, {
    default: '5s',
    help: 'Wait after the first fault that may pass, such as a lost connection; each further one doubles it. A pause that the agent asks for goes before it.',
  }),
  retry_delay_at_fault: setting(retryDelay, {
    default: '1m',
    help: 'The same after a fault of the agent itself, such as a refused key.',
  }),
  retry_delay_unreachable: setting(retryDelay, {
    default: '1s',
    help: 'The same where the agent takes no connection: it may be starting again, and asking costs nothing.',
  }),
  max_answer_bytes: setting(payload, {
    default: '1MiB',
    help: 'Largest answer that is kept, in UTF-8. A larger one fails the run, and the agent is not asked again.',
  }),
};

/** What they read. Durations are milliseconds, sizes bytes. */
export type AgentPolicySettings = CamelCased<z.ZodObject<typeof agentPolicySettings>>;

/** The part of the settings that travels with a run, under the names that Temporal stores. */
export function toAgentPolicy(settings: AgentPolicySettings): AgentPolicy {
  return {
    attemptTimeoutMs: settings.attemptTimeout,
    totalTimeoutMs: settings.totalTimeout,
    heartbeatTimeoutMs: settings.heartbeatTimeout,
    maxAttempts: settings.maxAttempts,
    maxAnswerBytes: settings.maxAnswerBytes,
  };
}
