import {
  DELIVER_CALLBACK_INPUT,
  readAgentProgress,
  readCallbackProgress,
  REPORT_DEAD_LETTER_INPUT,
  RUN_AGENT_FIELDS,
  RUN_AGENT_INPUT,
} from '../contract/activities.ts';
import { findMisspelt } from '../contract/misspelt-field.ts';
import { INPUT_ANSWER, QUESTION_ASKED, QUESTIONS_MEMO, readQuestions } from '../contract/question.ts';
import {
  AGENT_RUN_FIELDS,
  AGENT_RUN_INPUT,
  type AgentRunInput,
  CALLBACK_REDELIVERY_INPUT,
  type CallbackRedeliveryInput,
  OWN_RUN_INPUT,
} from '../contract/run.ts';
import { readStored } from '../contract/stored.ts';

/**
 * Loaded once in each workflow thread, before the first run (`preloadModules` of the SDK's bundler). The schemas hold no state of
 * a run, and building them for each run would double the CPU of a workflow task.
 *
 * zod completes a schema at its first use, and the SDK freezes loaded modules. So this file uses each schema once, with valid and
 * with invalid input.
 */
const FULL: AgentRunInput = {
  task: { text: 'x', sessionKey: 'x', userId: 'x', userName: 'x', metadata: { x: 'x' } },
  client: 'x',
  source: 'x',
  agent: 'x',
  agentPolicy: {
    attemptTimeoutMs: 1,
    totalTimeoutMs: 1,
    queueTimeoutMs: 1,
    heartbeatTimeoutMs: 1,
    maxAttempts: 1,
    maxAnswerBytes: 1,
  },
  session: { id: 'x', interrupts: true, announcesItself: true },
  callback: { url: 'x', retryDelaysMs: [1], attemptTimeoutMs: 1, deadLetterMs: 1 },
  approval: { question: 'x', timeoutMs: 1, default: 'refuse' },
};

const REDELIVERY: CallbackRedeliveryInput = {
  ...{ runId: 'x', client: 'x', url: 'x', retryDelaysMs: [1], attemptTimeoutMs: 1 },
  outcome: {
    status: 'failed',
    output: 'x',
    error: { code: 'AgentFailed', message: 'x' },
    data: 'x',
    usage: { inputTokens: 1, outputTokens: 1, cachedInputTokens: 1, iterations: 1, calls: 1, costUsd: 1 },
    agentSession: 'x',
    sessionKey: 'x',
    finishedAt: '2026-01-31T12:00:00.000Z',
  },
};

for (const input of [FULL, { ...FULL, task: {}, callback: {} }, undefined]) {
  readStored(AGENT_RUN_INPUT, 'AgentRunInput', input);
  findMisspelt(input, AGENT_RUN_FIELDS);
}
const { agent: _, agentPolicy: _policy, ...OF_A_TEAM } = { ...FULL, workflow: 'x', input: 'x' };
for (const input of [OF_A_TEAM, { ...OF_A_TEAM, task: {}, callback: {} }, undefined]) {
  readStored(OWN_RUN_INPUT, 'OwnRunInput', input);
}
const ASKED = { id: 'x', question: 'x', show: 'x', choices: ['x'], default: 'x' };
const QUESTION = {
  ...ASKED,
  ...{ number: 1, state: 'answered', askedAt: 'x', deadline: 'x', answer: 'x', by: 'x', via: 'api', answeredAt: 'x' },
  updateId: 'x',
};

for (const input of [ASKED, { ...ASKED, choices: [''] }, undefined]) readStored(QUESTION_ASKED, 'x', input);
for (const input of [[QUESTION], [{}], undefined]) readQuestions({ [QUESTIONS_MEMO]: input });
for (const input of [{ answer: 'x', question: 'x', by: 'x', comment: 'x', via: 'api' }, { answer: '' }, undefined]) {
  readStored(INPUT_ANSWER, 'x', input);
  findMisspelt(input, { '': INPUT_ANSWER }, true);
}
for (const input of [REDELIVERY, { ...REDELIVERY, outcome: {} }, undefined]) {
  readStored(CALLBACK_REDELIVERY_INPUT, 'CallbackRedeliveryInput', input);
}

const TO_AGENT = {
  ...{ agent: 'x', client: 'x', task: FULL.task, policy: FULL.agentPolicy },
  ...{ collected: ['x'], earlier: ['x'] },
};
const TO_RECEIVER = { ...REDELIVERY, deliveryId: 'x', diedBefore: true };
const DEAD = { client: 'x', runId: 'x', url: 'x', lastTry: { errorClass: 'timeout', statusCode: 1, tries: 1 } };
for (const input of [TO_AGENT, { ...TO_AGENT, policy: {}, earlier: [1] }, undefined]) {
  readStored(RUN_AGENT_INPUT, 'x', input);
  findMisspelt(input, RUN_AGENT_FIELDS);
}
for (const input of [TO_RECEIVER, { ...TO_RECEIVER, deliveryId: '' }, undefined]) {
  readStored(DELIVER_CALLBACK_INPUT, 'x', input);
}
for (const input of [DEAD, { ...DEAD, lastTry: { tries: 'x' } }, undefined]) {
  readStored(REPORT_DEAD_LETTER_INPUT, 'x', input);
}
const CALLS = { paidAttempts: 1, agentFaults: 1, checkpoint: { handle: 'x', number: 1 }, resumes: 1, over: 1 };
for (const details of [
  { ...CALLS, spent: {}, queuedAtMs: 1, ended: 'x', announced: true },
  { paidAttempts: 'x' },
  undefined,
]) {
  readAgentProgress(details, 1);
}
for (const details of [{ announced: true, parked: 1 }, { parked: 'x' }, undefined]) readCallbackProgress(details);

// The settings that all copies of zod share. Frozen with the rest, they would keep another copy of a team's code from being loaded.
Reflect.deleteProperty(globalThis, '__zod_globalConfig');
