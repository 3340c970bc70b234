import { isTerminal, type RunResource, type RunStatus } from '../../protocol/run-resource.ts';
import { toWireUsage } from '../../protocol/wire-usage.ts';
import type { RunFacts } from '../run-facts.ts';
import type { RunLinks } from '../run-kind.ts';
import { toRunUrl } from '../../protocol/run-url.ts';
import { toCallbackState } from './to-callback-state.ts';
import type { PolledOutcome } from './to-outcome.ts';
import { withQuestions } from './to-questions.ts';

/** What a kind knows of its run beside its facts. */
interface RunInWords extends Pick<RunResource, 'agent' | 'workflow' | 'steps'> {
  /** Undefined: the run has not ended. */
  readonly end: PolledOutcome | undefined;
  /** Of a run that has not ended. */
  readonly open: RunStatus;
  readonly startedAt?: string | undefined;
}

/** A run as its caller sees it, of whatever kind. */
export function toResource(
  facts: RunFacts,
  links: RunLinks,
  { end, open, startedAt, ...executor }: RunInWords,
): RunResource {
  const { publicUrl, temporalUi } = links;
  const { runId, memo, createdAt } = facts;
  const { status, questions } = withQuestions(facts, end?.status ?? open, end !== undefined, links);
  return {
    id: runId,
    workflow_id: runId,
    ...(memo.summary !== undefined && { summary: memo.summary }),
    status,
    terminal: isTerminal(status),
    ...(end?.output !== undefined && { output: end.output }),
    ...(end?.data !== undefined && { data: end.data }),
    ...(end?.error && { error: end.error }),
    ...executor,
    ...(end?.usage && { usage: toWireUsage(end.usage) }),
    ...(end?.agentSession !== undefined && { agent_session: end.agentSession }),
    ...(questions && { questions }),
    callback: toCallbackState(facts, end !== undefined),
    source: memo.source,
    ...(memo.sessionKey !== undefined && { session_key: memo.sessionKey }),
    ...(typeof memo.collectedInto === 'string' && { collected_into: memo.collectedInto }),
    ...(memo.userId !== undefined && { user_id: memo.userId }),
    ...(memo.deliveryId !== undefined && { delivery_id: memo.deliveryId }),
    ...(memo.metadata && { metadata: memo.metadata }),
    ...(createdAt !== undefined && { created_at: createdAt }),
    ...(memo.startsAt !== undefined && { starts_at: memo.startsAt }),
    ...(startedAt !== undefined && { started_at: startedAt }),
    ...(end?.finishedAt !== undefined && { finished_at: end.finishedAt }),
    links: {
      self: toRunUrl(runId, publicUrl),
      ...(temporalUi !== undefined && { temporal_ui: `${temporalUi}/workflows/${runId}` }),
    },
  };
}
