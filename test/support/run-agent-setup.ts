import type { ApplicationFailure } from '@temporalio/common';
import type { AttemptOutcome } from '../../src/activities/agent/attempt-report.ts';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import type { Checkpoints } from '../../src/activities/journal/checkpoints.ts';
import type { RetryDelays } from '../../src/activities/agent/retry-plan.ts';
import { createRunAgent } from '../../src/activities/run-agent.ts';
import type { RunAgentInput } from '../../src/contract/activities.ts';
import type { FailureType } from '../../src/contract/failures.ts';
import type { AgentPolicy } from '../../src/contract/agent-policy.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';
import { type MockAttempt, RecordingLogger } from './mock-activity.ts';

/** A good input, with what a test wants to differ. */
export function agentInput(changes: Partial<RunAgentInput> = {}, policy: Partial<AgentPolicy> = {}): RunAgentInput {
  return {
    agent: 'main',
    client: 'acme',
    task: { text: 'do it' },
    policy: {
      attemptTimeoutMs: 600_000,
      totalTimeoutMs: 3_600_000,
      heartbeatTimeoutMs: 30_000,
      maxAttempts: 3,
      maxAnswerBytes: 1000,
      ...policy,
    },
    ...changes,
  };
}

/** `runAgent` with one agent, which does what a test says. */
export function setUpRunAgent(run: Agent['run'], concurrency = 4, delays?: RetryDelays, checkpoints?: Checkpoints) {
  const logger = new RecordingLogger();
  const outcomes: AttemptOutcome[] = [];
  const tokens: object[] = [];
  const places: { taken: number; waiting: number }[] = [];
  const runAgent = createRunAgent({
    agents: new Map([['main', { agent: { run }, concurrency, ...(delays && { delays }) }]]),
    logger,
    ...(checkpoints && { checkpoints }),
    metrics: {
      attemptEnded: ({ outcome }) => outcomes.push(outcome),
      tokensUsed: (labels, used) => tokens.push({ ...labels, ...used }),
      permitsChanged: (_, { taken, waiting }) => places.push({ taken, waiting }),
    },
  });
  let activities = 0;
  /** Runs the first attempt of an activity of its own. */
  const start = (attempt: MockAttempt, value: RunAgentInput = agentInput()): Promise<AgentAnswer> => {
    activities += 1;
    const workflowExecution = { workflowId: 'run-mock', runId: `execution-${activities}` };
    Object.assign(attempt.env.context.info, { workflowExecution });
    return attempt.env.run(runAgent, value);
  };
  return { start, logger, outcomes, tokens, places };
}

/** An agent that fails with this type. */
export function failing(type: FailureType, details: ConstructorParameters<typeof AgentError>[2] = {}): Agent['run'] {
  return () => Promise.reject(new AgentError(type, 'did something', details));
}

/** Works until it is aborted, and then rejects as an adapter must. */
export const working: Agent['run'] = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** The delay that a failure names, in milliseconds; `never` when it is final. */
export function delayOf(failure: ApplicationFailure): unknown {
  return failure.nonRetryable === true ? 'never' : failure.nextRetryDelay;
}
