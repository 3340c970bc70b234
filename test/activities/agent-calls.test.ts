import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Context } from '@temporalio/activity';
import { AgentCall, AgentCalls } from '../../src/activities/agent/agent-calls.ts';
import { Interruption } from '../../src/activities/agent/interruption.ts';
import { watchActivity } from '../../src/activities/watch-activity.ts';
import type { AgentAnswer } from '../../src/contract/run.ts';

const COUNTS = { paidAttempts: 1, maxAttempts: 3, agentFaults: 0 };
const nothing = (): void => undefined;

function key(number: number) {
  return { workflowId: 'run-mock', runId: 'execution-1', activityId: 'agent', scheduledAt: number };
}

function startCall() {
  let answer: (answer: AgentAnswer) => void = nothing;
  let report: (progress: string) => void = nothing;
  let signal = new AbortController().signal;
  const save = (): Promise<void> => Promise.resolve();
  const call = new AgentCall(COUNTS, save, (given, reports) => {
    signal = given;
    ({ report } = reports);
    return new Promise((resolve) => (answer = resolve));
  });
  return { call, answer: () => answer({ output: 'done' }), report: (text: string) => report(text), signal };
}

describe('a call', () => {
  test('is followed by the latest attempt alone, which gets its progress and its end', async () => {
    const { call, answer, report } = startCall();
    const heard: string[] = [];
    const follower = (since: number) => ({
      since,
      onProgress: () => void heard.push(`${since} ${call.shown.progress}`),
      onCheckpoint: () => Promise.resolve(),
    });
    const first = call.follow(follower(1));
    report('reading');
    const second = call.follow(follower(2));
    assert.equal(await first, undefined);
    assert.deepEqual(call.shown, { progress: 'reading' });
    assert.equal(await call.follow(follower(1)), undefined);
    report('writing');
    answer();
    assert.deepEqual(await second, { answer: { output: 'done' } });
    assert.deepEqual(heard, ['1 reading', '2 writing']);
    assert.deepEqual(await call.follow(follower(3)), { answer: { output: 'done' } });
  });

  test('aborts with the interruption', () => {
    const { call, signal } = startCall();
    call.abort(new Interruption('pause'));
    assert.ok(signal.reason instanceof Interruption && signal.reason.by === 'pause');
  });
});

describe('the calls of a process', () => {
  test('are found until Temporal knows their end, or they are removed', () => {
    const calls = new AgentCalls();
    const { call } = startCall();
    calls.add(key(1), call);
    calls.keepEnded(key(1));
    assert.equal(calls.find(key(1)), call);
    assert.equal(calls.find(key(1), 'another'), call);
    assert.equal(calls.find(key(1), call.id), undefined);
    assert.equal(calls.find(key(2)), undefined);
    calls.remove(key(1));
    assert.equal(calls.find(key(1)), undefined);
  });

  test('are forgotten, the first ended first, when many have ended; never those under way', () => {
    const calls = new AgentCalls();
    const { call } = startCall();
    for (let number = 0; number <= 1001; number += 1) calls.add(key(number), call);
    for (let number = 1; number <= 1001; number += 1) calls.keepEnded(key(number));
    assert.deepEqual([calls.find(key(0)), calls.find(key(1)), calls.find(key(2))], [call, undefined, call]);
  });
});

describe('Temporal is asked about an activity whose attempt it gave up', () => {
  const RUNNING = { workflowExecutionInfo: { status: 1 }, pendingActivities: [{ activityId: 'agent', state: 2 }] };
  const rows: readonly (readonly [string, object, string | undefined])[] = [
    ['is open', RUNNING, undefined],
    ['is waiting to be canceled', { ...RUNNING, pendingActivities: [{ activityId: 'agent', state: 3 }] }, 'cancel'],
    ['is paused', { ...RUNNING, pendingActivities: [{ activityId: 'agent', state: 4, paused: true }] }, 'pause'],
    ['has ended', { ...RUNNING, pendingActivities: [{ activityId: 'callback', state: 2 }] }, 'end'],
    ['has a closed run', { ...RUNNING, workflowExecutionInfo: { closeTime: { seconds: 1 } } }, 'end'],
    ['is unknown', Object.assign(new Error('not found'), { code: 5 }), 'end'],
    ['is out of reach', new Error('Temporal is away'), undefined],
  ];
  const contextOf = (answer: object): Context => {
    const describeWorkflowExecution = () =>
      answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    const client = { options: { namespace: 'default' }, workflowService: { describeWorkflowExecution } };
    const workflowExecution = { workflowId: 'run-mock', runId: 'execution-1' };
    return { client, info: { workflowExecution, activityId: 'agent', scheduledTimestampMs: 1 } } as unknown as Context;
  };
  for (const [how, answer, wanted] of rows) {
    test(`and it ${how}: ${wanted ?? 'the call goes on'}`, async () => {
      const soon = AbortSignal.timeout(50);
      assert.equal(await watchActivity(contextOf(answer), soon, () => false), wanted);
    });
  }

  test('and a shutdown of the worker ends the call', async () => {
    assert.equal(await watchActivity(contextOf(RUNNING), AbortSignal.timeout(50), () => true), 'shutdown');
  });
});
