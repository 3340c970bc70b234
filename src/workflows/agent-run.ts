import {
  CancellationScope,
  defineSignal,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  setCurrentDetails,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../contract/activities.ts';
import { judgeAnswer } from '../contract/judge-answer.ts';
import { judgeFailure } from '../contract/judge-failure.ts';
import { findMisspelt } from '../contract/misspelt-field.ts';
import {
  AGENT_RUN_FIELDS,
  AGENT_RUN_INPUT,
  type AgentRunInput,
  type AgentRunResult,
  type RunMemo,
  type RunOutcome,
} from '../contract/run.ts';
import type { SessionActivities } from '../contract/session.ts';
import { answeredSignal } from '../contract/names.ts';
import { readStored } from '../contract/stored.ts';
import { toAnswer } from '../contract/to-answer.ts';
import { agentOptions, SHARE_OPTIONS } from './activity-options.ts';
import { askFirst } from './question/ask-first.ts';
import { concludeRun } from './callback/conclude-run.ts';
import { describeAsked } from './question/describe-asked.ts';
import { inTurn } from './session/in-turn.ts';
import { markWaiting } from './mark-waiting.ts';
import { PATCH } from './patches.ts';
import { STAGE } from './stage-details.ts';
import { tellQuestionsOf } from './question/tell-asked.ts';
import { toFailure } from './workflow-failure.ts';

/**
 * One accepted delivery: runs the agent, delivers the callback, closes.
 *
 * Its status says what happened: Completed with the answer, Failed with the type of the failure, or Canceled. A run with an
 * answer whose callback was not delivered in time fails with `CallbackUndeliverable`, whose details are the answer.
 *
 * `startAgentRun` and `agentRunChild` start one with all that the API, the list and the Temporal UI know it by.
 *
 * @example
 * const { output } = await executeChild(agentRun, { workflowId, args: [{ task, client, source: 'mine', agent: 'writer' }] });
 */
export async function agentRun(given: AgentRunInput): Promise<AgentRunResult> {
  const input = readInput(given);
  tellQuestionsOf(input);
  // Nothing to await usually: what a run does first keeps its order.
  const refused = input.approval && (await askFirst(input));
  const outcome = refused ?? (await askAgent(input));
  if (input.tellsParent === true && input.callback !== undefined) tellParent(outcome);
  const callback = await concludeRun({ ...input, executor: input.agent }, outcome);
  return { ...toAnswer(outcome), ...(callback && { callback }) };
}

/** @throws ApplicationFailure `InvalidInput` */
function readInput(given: AgentRunInput): AgentRunInput {
  const read = readStored(AGENT_RUN_INPUT, 'AgentRunInput', given);
  if (read.ok) {
    const misspelt = findMisspelt(given, AGENT_RUN_FIELDS);
    // Earlier versions dropped the field.
    if (misspelt !== undefined && patched(PATCH.refuseMisspelt)) throw toFailure('InvalidInput', misspelt);
    return read.input;
  }
  // Earlier versions of this workflow accepted this, and its activities refused it.
  const isNewlyRefused = read.exceeds || (read.path[0] === 'task' && read.path[1] === 'metadata');
  if (isNewlyRefused && !patched(PATCH.checkWithSchemas)) return given;
  throw toFailure('InvalidInput', read.problem);
}

async function askAgent({ client, agent, task, agentPolicy, session }: AgentRunInput): Promise<RunOutcome> {
  const { shareAnswer } = proxyActivities<Pick<SessionActivities, 'shareAnswer'>>(SHARE_OPTIONS);
  const { runAgent } = proxyActivities<Pick<Activities, 'runAgent'>>(agentOptions(agentPolicy, task.text));
  setCurrentDetails(STAGE.asking(agent));
  const unmark = markWaiting(agent);
  const asked = describeAsked(task);
  let collectedInto: string | undefined;
  const tellInto = (into: string | undefined): void => {
    if (collectedInto !== into) upsertMemo({ collectedInto: into ?? null } satisfies Pick<RunMemo, 'collectedInto'>);
    collectedInto = into;
  };
  const by = () => collectedInto !== undefined && { collectedInto };
  const waiting = {
    onWait: () => setCurrentDetails(STAGE.waitsForTurn),
    onCollected: (into: string) => {
      tellInto(into);
      setCurrentDetails(STAGE.collected(into));
    },
    onTurn: () => setCurrentDetails(STAGE.asking(agent)),
  };
  try {
    const answer = await inTurn(session, waiting, ({ answeredBy, collected, earlier }) => {
      tellInto(answeredBy);
      if (answeredBy !== undefined) return shareAnswer({ client, runId: answeredBy });
      return runAgent({
        agent,
        client,
        task,
        ...(agentPolicy && { policy: agentPolicy }),
        ...(collected && { collected }),
        ...(earlier && { earlier }),
      });
    });
    return { ...judgeAnswer(answer), ...asked, ...by(), finishedAt: now() };
  } catch (error) {
    return { ...judgeFailure(error), ...asked, ...by(), finishedAt: now() };
  } finally {
    unmark();
  }
}

/** Nothing awaits it: the parent may have closed. */
function tellParent(outcome: RunOutcome): void {
  const { workflowId, parent } = workflowInfo();
  if (parent === undefined) return;
  const answered = defineSignal<[RunOutcome]>(answeredSignal(workflowId));
  CancellationScope.nonCancellable(() => getExternalWorkflowHandle(parent.workflowId).signal(answered, outcome)).catch(
    () => undefined,
  );
}

function now(): string {
  return new Date().toISOString();
}
