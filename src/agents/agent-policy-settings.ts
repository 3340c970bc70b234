import type { z } from 'zod';
import type { AgentPolicy } from '../contract/agent-policy.ts';
import { MAX_TURNS } from '../contract/session.ts';
import type { CamelCased } from '../settings/camel-case.ts';
import { answer, dollars, duration, payload, wholeNumber } from '../settings/quantities.ts';
import { sessionPolicy } from '../settings/session-policy.ts';
import { optionalSetting, setting } from '../settings/setting.ts';

/** A delay of zero would end the activity. */
const retryDelay = duration({ min: '100ms', max: '24h' });

/** The settings that an agent of every type has. */
export const agentPolicySettings = {
  concurrency: setting(wholeNumber({ min: 1, max: 10_000 }), {
    default: 64,
    help: 'Concurrent tasks for this agent in one worker. Further tasks wait for their turn, and their attempt timeout does not run.',
  }),
  queue_timeout: setting(duration({ min: '1s', max: '365d' }), {
    default: '30m',
    help: 'Longest wait for a turn. After it the run fails with `AgentBusy`, unpaid. Time in which the agent takes no tasks from anybody, such as a pause that it asked for, does not count.',
  }),
  attempt_timeout: setting(duration({ min: '1s', max: '24d' }), {
    default: '10m',
    help: 'Time limit of one call.',
  }),
  total_timeout: setting(duration({ min: '1s', max: '365d' }), {
    default: '1h',
    help: 'Time limit of all attempts, including the delays between them.',
  }),
  heartbeat_timeout: setting(duration({ min: '1s', max: '1h' }), {
    default: '30s',
    help: 'Silence after which Temporal considers the worker lost and gives the task to another.',
  }),
  max_attempts: setting(wholeNumber({ min: 1, max: 100 }), {
    default: 3,
    help: 'Calls that may cost money. What was refused before any work began, such as by a rate limit or a closed port, does not count.',
  }),
  retry_delay: setting(retryDelay, {
    default: '5s',
    help: 'Delay after the first transient failure, such as an overloaded model; it doubles with each further one. A delay that the agent asks for takes precedence.',
  }),
  retry_delay_at_fault: setting(retryDelay, {
    default: '1m',
    help: 'The same after a fault of the agent itself, such as a refused key.',
  }),
  retry_delay_unreachable: setting(retryDelay, {
    default: '250ms',
    help: 'The same when the agent accepts no connection, or one breaks in the midst of a call: it may be restarting. Attempts without a connection cost nothing; after a broken one, at most `retry_delay`.',
  }),
  max_tokens: optionalSetting(wholeNumber({ min: 1, max: 1_000_000_000_000 }), {
    defaultText: 'none',
    help: 'Tokens, in and out, that a run may use over all its calls, as far as the agent reports them. Checked before each call, with the type `model` before each call of the model; then the run fails with `BudgetExceeded`.',
  }),
  max_cost_usd: optionalSetting(dollars, {
    defaultText: 'none',
    help: 'The same for what the calls of a run cost in US dollars, where the agent reports a price.',
  }),
  max_calls: optionalSetting(wholeNumber({ min: 1, max: 1_000_000 }), {
    defaultText: 'none',
    help: 'The same for calls of the model. A call of an agent that does not report them counts as one.',
  }),
  session_policy: sessionPolicy('`queue`', 'The same as `session_policy` of a client, for the tasks of this agent.'),
  history_turns: setting(wholeNumber({ min: 0, max: MAX_TURNS }), {
    default: 10,
    help: 'Turns of the session that an agent without a memory of its own is told with a task. `0`: none. Other agents remember themselves.',
  }),
  history_bytes: setting(payload, {
    default: '64KiB',
    help: 'Most text of those turns, in UTF-8. The oldest ones are left out whole.',
  }),
  history_kept: setting(duration({ min: '1m', max: '365d' }), {
    default: '1d',
    help: 'Time after its last turn in which a session remembers its turns for such an agent. Temporal must keep ended runs for as long.',
  }),
  max_answer_bytes: setting(answer, {
    default: '1MiB',
    help: 'Largest answer that is kept, in UTF-8. A larger one fails the run without another attempt. Above `1536KiB` it needs `payloads.storage`.',
  }),
};

/** What they read. Durations are milliseconds, sizes bytes. */
export type AgentPolicySettings = CamelCased<z.ZodObject<typeof agentPolicySettings>>;

/** The part of the settings that travels with a run, under the names that Temporal stores. */
export function toAgentPolicy(settings: AgentPolicySettings): AgentPolicy {
  return {
    attemptTimeoutMs: settings.attemptTimeout,
    totalTimeoutMs: settings.totalTimeout,
    queueTimeoutMs: settings.queueTimeout,
    heartbeatTimeoutMs: settings.heartbeatTimeout,
    maxAttempts: settings.maxAttempts,
    maxAnswerBytes: settings.maxAnswerBytes,
  };
}
