import type { Client } from '@temporalio/client';
import type { SerializationContext } from '@temporalio/common';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { ACTIVITY_ID } from '../../contract/activities.ts';
import { judgeAnswer } from '../../contract/judge-answer.ts';
import { judgeFailure } from '../../contract/judge-failure.ts';
import { AGENT_RUN_INPUT, type AgentRunInput } from '../../contract/run.ts';
import { readStored } from '../../contract/stored.ts';
import { readFirstPayload } from '../../payloads/read-payload.ts';
import { toRecord } from '../../values/is-record.ts';

/** NOT_FOUND of gRPC. */
const NOT_FOUND = 5;

/** A run of a session, as its history tells it. */
export interface PastRun {
  readonly input: AgentRunInput;
  /** The runs whose tasks its call answered too. */
  readonly collected: readonly string[];
  /** What its agent answered, or how it failed; undefined while it has done neither. */
  readonly outcome: ReturnType<typeof judgeAnswer> | undefined;
}

/**
 * Reads what a run was asked and answered, through codec and storage of the worker.
 *
 * @returns undefined for a run that Temporal has deleted, and for a workflow that is no `agentRun`
 * @throws what the client rejects with; PayloadError where this worker lacks a key or a store
 */
export async function readPastRun(client: Client, workflowId: string): Promise<PastRun | undefined> {
  const { namespace, loadedDataConverter: converter } = client.options;
  const ofRun: SerializationContext = { type: 'workflow', namespace, workflowId };
  const ofAgent: SerializationContext = {
    ...{ type: 'activity', namespace, workflowId, isLocal: false },
    activityId: ACTIVITY_ID.agent,
  };
  let scheduledAs: string | undefined;
  let input: AgentRunInput | undefined;
  let collected: readonly string[] = [];
  let outcome: PastRun['outcome'];
  let nextPageToken: Uint8Array | undefined;
  try {
    do {
      const page = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId },
        ...(nextPageToken && { nextPageToken }),
      });
      for (const event of page.history?.events ?? []) {
        const started = event.workflowExecutionStartedEventAttributes;
        if (started) {
          const read = readStored(
            AGENT_RUN_INPUT,
            '',
            await readFirstPayload(converter, started.input?.payloads, ofRun),
          );
          if (!read.ok) return undefined;
          ({ input } = read);
        }
        const scheduled = event.activityTaskScheduledEventAttributes;
        if (scheduled?.activityId === ACTIVITY_ID.agent) {
          scheduledAs = String(event.eventId);
          collected = readIds(await readFirstPayload(converter, scheduled.input?.payloads, ofAgent));
        }
        const completed = event.activityTaskCompletedEventAttributes;
        if (completed && String(completed.scheduledEventId) === scheduledAs)
          outcome = judgeAnswer(await readFirstPayload(converter, completed.result?.payloads, ofAgent));
        const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
        if (failed && String(failed.scheduledEventId) === scheduledAs)
          outcome = judgeFailure(await decodeOptionalFailureToOptionalError(converter, failed.failure, ofAgent));
      }
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
  } catch (error) {
    if (toRecord(error)['code'] === NOT_FOUND) return undefined;
    throw error;
  }
  return input && { input, collected, outcome };
}

function readIds(agentInput: unknown): readonly string[] {
  const { collected } = toRecord(agentInput);
  return Array.isArray(collected) ? collected.filter((id) => typeof id === 'string') : [];
}
