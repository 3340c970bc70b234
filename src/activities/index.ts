import type { Activities } from '../contract/activities.ts';
import type { AnswerLinks } from '../contract/answer-link.ts';
import type { FirstTryActivities } from '../contract/first-try.ts';
import type { QuestionActivities } from '../contract/question-activities.ts';
import type { SessionActivities } from '../contract/session.ts';
import type { ActivityLogger } from './activity.ts';
import type { AgentMetrics } from './agent/attempt-report.ts';
import { createDeliverCallback, type DeliverCallbackDeps } from './deliver-callback.ts';
import { createLinkQuestion } from './link-question.ts';
import { keepResults, type KeepDeps } from './journal/keep-results.ts';
import type { SeenAttempts } from './journal/seen-attempts.ts';
import { createReportDeadLetter } from './report-dead-letter.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { sessionTurns } from './session/session-turns.ts';
import { createRunAgent, type RunAgentDeps } from './run-agent.ts';

export interface ActivityDeps extends Pick<RunAgentDeps, 'agents' | 'isDraining' | 'maxPayloadBytes' | 'onAgentWait'> {
  readonly callback: Omit<
    DeliverCallbackDeps,
    'logger' | 'metrics' | 'tracing' | 'isDraining' | 'journalFolder' | 'links'
  >;
  /** Of questions. Default: there are none. */
  readonly links?: AnswerLinks;
  /** Without a journal, a crash or an outage takes longer to recover from and may lose an answer. */
  readonly journal?: Omit<KeepDeps, 'logger'> & { readonly seen?: SeenAttempts };
  readonly logger: ActivityLogger;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  readonly metrics?: AgentMetrics & NonNullable<DeliverCallbackDeps['metrics']>;
}

/** Those of which `journal.seen` knows the attempts. */
export const SEEN_ACTIVITIES: readonly (keyof Activities)[] = ['runAgent', 'deliverCallback'];

/**
 * All activities that a worker registers. With a journal, it keeps their results.
 *
 * @throws RangeError when an agent, a client or a network has an invalid configuration
 */
export function createActivities(
  deps: ActivityDeps,
): Activities & SessionActivities & FirstTryActivities & QuestionActivities {
  const { agents, isDraining, maxPayloadBytes, onAgentWait, callback, journal, logger, metrics, tracing } = deps;
  const { links = {} } = deps;
  const common = { logger, ...(metrics && { metrics }), ...(tracing && { tracing }) };
  const keep = <I, R>(activity: (input: I) => Promise<R>): ((input: I) => Promise<R>) => {
    if (journal === undefined) return activity;
    const kept = keepResults(activity, { ...journal, logger });
    return journal.seen?.watch(kept) ?? kept;
  };
  const { deliverCallback, tryCallback, deliverQuestion } = createDeliverCallback({
    ...callback,
    links,
    ...common,
    ...(isDraining && { isDraining }),
    ...(journal && { journalFolder: journal.journal.folder }),
  });
  return {
    runAgent: keep(
      createRunAgent({
        agents,
        keepsAnswers: journal !== undefined,
        ...(journal && { checkpoints: journal.journal.checkpoints }),
        ...(isDraining && { isDraining }),
        ...(maxPayloadBytes !== undefined && { maxPayloadBytes }),
        ...(onAgentWait && { onAgentWait }),
        ...common,
      }),
    ),
    deliverCallback: keep(deliverCallback),
    tryCallback,
    // Without the journal, as below.
    deliverQuestion,
    linkQuestion: createLinkQuestion(links),
    // Without the journal: the receiver recognises a repeat by its `webhook-id`.
    reportDeadLetter: createReportDeadLetter({ ...callback, ...common }),
    ...sessionTurns,
  };
}
