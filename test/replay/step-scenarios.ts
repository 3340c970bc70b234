import { setTimeout as sleep } from 'node:timers/promises';
import type { StepsAtWork } from '../support/run-steps.ts';
import type { Step } from '../support/scripted-activities.ts';

/** One way through the steps of a team's workflow in `test/workflows/fixtures/steps.ts`. Each has a recorded history. */
export interface StepScenario {
  readonly type: string;
  readonly args: readonly unknown[];
  readonly agent?: readonly Step[];
  readonly callback?: readonly Step[];
  /** Cancels the workflow while its agent works. */
  readonly canceled?: true;
}

const URL_OF_CALLBACK = 'https://ci.example.com/done';
const DETACHED = { callback: URL_OF_CALLBACK, waitForCallback: false };

const TWO_LINES = { choices: ['one\ntwo', 'three'], default: 'three', timeout: 200 };

export const STEP_SCENARIOS: Readonly<Record<string, StepScenario>> = {
  'two-steps': { type: 'twoSteps', args: [URL_OF_CALLBACK] },
  'step-too-large': { type: 'tooLarge', args: ['judge'] },
  'step-with-an-unknown-field': { type: 'asked', args: [{ text: 'x', session_key: 's' }] },
  'child-with-callback': { type: 'parent', args: [{ callback: URL_OF_CALLBACK }] },
  'child-without-its-callback': { type: 'parent', args: [DETACHED] },
  'child-that-failed': { type: 'parent', args: [DETACHED], agent: [{ fail: 'TaskRefused' }] },
  'child-canceled-with-its-parent': { type: 'parent', args: [DETACHED], agent: ['hang'], canceled: true },
  'child-whose-callback-died': {
    type: 'parent',
    args: [{ callback: { url: URL_OF_CALLBACK, retryDelaysMs: [], deadLetterMs: 200 } }],
    callback: [{ fail: 'CallbackFailed' }],
  },
  // `…-asked` is such a question from before it was refused.
  'question-with-a-choice-of-two-lines': { type: 'asksPerson', args: ['Which?', TWO_LINES] },
};

/** Plays one to its end, and tells the id of its workflow. */
export async function playSteps({ type, args, canceled }: StepScenario, at: StepsAtWork): Promise<string> {
  const handle = await at.start(type, [...args]);
  if (canceled) {
    while (at.activities.agentCalls.length === 0) await sleep(5);
    await handle.cancel();
  }
  await handle.result().catch(() => undefined);
  return handle.workflowId;
}
