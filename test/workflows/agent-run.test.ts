import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { readRun } from '../../src/runs/read-run.ts';
import { toRunResource } from '../../src/runs/run-kinds.ts';
import { runResource, type RunResource } from '../../src/protocol/run-resource.ts';
import { SCENARIOS } from '../replay/scenarios.ts';
import { EVENTS } from '../support/run-costs.ts';
import { SENT_BEFORE } from '../support/scripted-activities.ts';
import { type PlayedScenario, runScenario } from '../support/run-scenario.ts';

async function readResource({ server, runId }: PlayedScenario): Promise<RunResource> {
  const facts = await readRun(server.client, runId);
  assert.ok(facts);
  return runResource.parse(toRunResource(facts, {}));
}

/** `COMPLETED`, `CANCELLED`, or the type of the failure. */
async function howItClosed({ handle }: PlayedScenario): Promise<string> {
  const { status } = await handle.describe();
  if (status.name !== 'FAILED') return status.name;
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  return error.cause.type ?? 'no type';
}

describe('agentRun closes as what happened, and reads so with no worker running', { concurrency: 4 }, () => {
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    test(name, async (t) => {
      const played = await runScenario(t, scenario);
      assert.equal(await howItClosed(played), scenario.closes);
      const run = await readResource(played);
      const { status, callback, code } = scenario.reads;
      assert.deepEqual([run.status, run.callback.status, run.error?.code], [status, callback, code]);
      assert.equal(run.terminal, true);
      const [first] = played.activities.deliveries;
      assert.ok(first === undefined || first.outcome !== undefined, 'the first delivery carries the outcome');
      // As the caller reads it, once, whatever becomes of the callback. An invalid input is no run of anybody.
      const told = code === 'InvalidInput' ? [] : [status];
      assert.deepEqual(
        played.finished.map((each) => each.status),
        told,
      );
      assert.equal(run.output, status === 'completed' ? 'done: Summarise why deployment 4312 failed' : undefined);
    });
  }
});

test('the happy path costs no event beyond the plain workflow of two activities, and fewer with a first try', async (t) => {
  const delivered = { closes: 'COMPLETED', reads: { status: 'completed', callback: 'delivered' } } as const;
  for (const [scenario, events] of [
    [delivered, EVENTS.withoutFirstTry],
    [{ ...delivered, firstTry: 'delivered' }, EVENTS.atOnce],
    [{ ...delivered, firstTry: 'deferred' }, EVENTS.deferred],
  ] as const) {
    const { handle } = await runScenario(t, scenario);
    assert.equal((await handle.describe()).historyLength, events);
  }
});

test('a callback that the first try delivers reads as one that the activity delivers', async (t) => {
  const read = async (name: string) => {
    const scenario = SCENARIOS[name] ?? assert.fail();
    const { id: _, workflow_id: __, ...run } = await readResource(await runScenario(t, scenario));
    const hidden = JSON.stringify(run, (key, value: unknown) =>
      key.endsWith('_at') || key === 'last_status_code' || key === 'links' ? typeof value : value,
    );
    return JSON.parse(hidden) as unknown;
  };
  assert.deepEqual(await read('delivered-at-once'), await read('success'));
  assert.deepEqual(await read('delivered-at-once-that-it-was-canceled'), await read('canceled-before-a-worker'));
});

test('a first try that failed is the first attempt of the activity, which is told of it', async (t) => {
  const { activities, ...played } = await runScenario(t, SCENARIOS['first-try-failed'] ?? assert.fail());
  const { attempts, status } = (await readResource({ activities, ...played })).callback;
  assert.deepEqual([status, attempts], ['delivered', 2]);
  assert.deepEqual([activities.firstTries.length, activities.deliveries.length], [1, 2]);
  const [first] = activities.firstTries;
  for (const { tried, ...delivery } of activities.deliveries) {
    // The same body, whatever time it is in the workflow task.
    assert.deepEqual(delivery, { ...first, outcome: { ...first?.outcome, finishedAt: SENT_BEFORE } });
    assert.equal(tried?.statusCode, 503);
  }
});

test('a redelivery keeps the webhook-id, does not ask the agent again, and goes where it was told', async (t) => {
  const scenario = SCENARIOS['redelivered-to-a-new-url'];
  assert.ok(scenario);
  const { activities, runId, ...played } = await runScenario(t, scenario);
  assert.equal(activities.agentCalls.length, 1);
  assert.deepEqual([...new Set(activities.deliveries.map(({ deliveryId }) => deliveryId))], [runId]);
  assert.deepEqual(
    activities.deliveries.map(({ url }) => new URL(url).host),
    ['ci.example.com', 'ci.example.com', 'ci.example.com', 'other.example.com'],
  );
  const run = await readResource({ activities, runId, ...played });
  assert.equal(run.callback.url, 'https://other.example.com/hooks');
  assert.equal(run.callback.attempts, 4);
});

test('the failure of a callback that died carries the answer that was paid for', async (t) => {
  const scenario = SCENARIOS['dead-letter-expired'];
  assert.ok(scenario);
  const { handle } = await runScenario(t, scenario);
  const error: unknown = await handle.result().catch((reason: unknown) => reason);
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  assert.deepEqual(error.cause.details, [
    { output: 'done: Summarise why deployment 4312 failed', usage: { inputTokens: 7 } },
  ]);
});

test('a dead letter is found by its search attribute, and loses the mark when it is delivered', async (t) => {
  const scenario = SCENARIOS['redelivered'];
  assert.ok(scenario);
  const { handle } = await runScenario(t, scenario);
  const { searchAttributes } = await handle.describe();
  assert.deepEqual(searchAttributes['GarudustCallback'], ['delivered']);
  const { events } = await handle.fetchHistory();
  const marks = (events ?? []).flatMap(({ upsertWorkflowSearchAttributesEventAttributes: upserted }) =>
    upserted?.searchAttributes?.indexedFields
      ? [Buffer.from(upserted.searchAttributes.indexedFields['GarudustCallback']?.data ?? '').toString()]
      : [],
  );
  assert.deepEqual(marks, ['"retrying"', '"dead"', '"retrying"', '"delivered"']);
});

const NOW = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
const READY = String.raw`\*\*Answer ready\*\* \(7 tokens in\)\.`;

/** What Current Details say while a scenario is played, in this order. */
const DETAILS: Readonly<Record<string, readonly string[]>> = {
  redelivered: [
    String.raw`${READY}\n\n\*\*Dead letter\*\*, kept until ${NOW}: the last attempt failed with 503 at ${NOW}\.\n\nSend it again: signal \`redeliver\`, or \`garudust-temporal runs redeliver run-\w+\`\.`,
    String.raw`${READY}\n\nThe callback was accepted with \d+ at ${NOW}, by attempt \d+\.`,
  ],
  'canceled-between-callback-attempts': [
    String.raw`${READY}\n\nThe first of 2 callback attempts failed at ${NOW}\. _Pending Activities_ shows .*\n\nSend it again: .*`,
  ],
  canceled: [
    String.raw`\*\*Waits for the agent\*\* \`demo\`\. .*`,
    String.raw`\*\*Canceled\*\*: \`Canceled\`\.\n\nThe callback was accepted .*`,
  ],
  'agent-failed': [String.raw`\*\*Failed\*\*: \`AnswerTooLarge\`\.\n\nThe callback was accepted .*`],
  'success-without-callback': [String.raw`${READY}\n\nNo callback was asked for\.`],
};

describe('Current Details tell where a run stands', { concurrency: 4 }, () => {
  for (const [name, texts] of Object.entries(DETAILS)) {
    test(name, async (t) => {
      const scenario = SCENARIOS[name];
      assert.ok(scenario);
      await runScenario(t, {
        ...scenario,
        drive: async (handle, activities) => {
          const [first = '', ...others] = texts;
          await showsDetails(handle, first);
          await scenario.drive?.(handle, activities);
          for (const text of others) await showsDetails(handle, text);
        },
      });
    });
  }
});

/** Waits until they do, as the Temporal UI reads them. */
async function showsDetails(handle: Pick<WorkflowHandle, 'query'>, text: string): Promise<void> {
  let shown = '';
  const read = async (): Promise<boolean> => {
    const { currentDetails = '' } = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    shown = currentDetails;
    return new RegExp(`^${text}$`).test(shown);
  };
  for (const until = Date.now() + 15_000; Date.now() < until;) {
    if (await read()) return;
    await sleep(50);
  }
  assert.match(shown, new RegExp(`^${text}$`));
}

test('only a delivery that could not tell the operator itself has it reported, once', async (t) => {
  const ended = SCENARIOS['ended-by-temporal'];
  assert.ok(ended);
  const { activities, runId } = await runScenario(t, ended);
  const [{ lastTry, ...report }] = activities.reports as [(typeof activities.reports)[0]];
  assert.deepEqual(report, { client: 'ci', runId, url: 'https://ci.example.com/hooks?token=not-for-summaries' });
  assert.deepEqual([lastTry?.errorClass, lastTry?.statusCode], ['status', 503]);
  for (const name of [
    'receiver-said-stop',
    'redelivered',
    'redelivered-while-retrying',
    'canceled-between-callback-attempts',
  ]) {
    const other = SCENARIOS[name];
    assert.ok(other);
    assert.deepEqual((await runScenario(t, other)).activities.reports, [], name);
  }
});

test('the callback tells what a poll tells, whatever a cancel meets and whoever answers', async (t) => {
  const names = Object.entries(SCENARIOS)
    .filter(([name, { target }]) => /^(canceled|completed-by-hand)/.test(name) && target !== 'none')
    .map(([name]) => name);
  assert.ok(names.length > 10);
  for (const name of names) {
    const scenario = SCENARIOS[name];
    assert.ok(scenario);
    const played = await runScenario(t, scenario);
    const told = played.activities.deliveries[0]?.outcome;
    const run = await readResource(played);
    assert.deepEqual(
      [told?.status, told?.output, told?.error, told?.usage?.outputTokens, told?.finishedAt],
      [run.status, run.output, run.error, run.usage?.output_tokens, run.finished_at],
      name,
    );
  }
});

test('a redelivery to another address is made although the first address takes the callback meanwhile', async (t) => {
  const hosts = async (name: string): Promise<string[]> => {
    const scenario = SCENARIOS[name];
    assert.ok(scenario);
    const { activities } = await runScenario(t, scenario);
    return activities.deliveries.map(({ url }) => new URL(url).host);
  };
  const [ci, other] = ['ci.example.com', 'other.example.com'];
  assert.deepEqual(await hosts('redelivered-elsewhere-while-the-callback-is-taken'), [ci, ci, other]);
  assert.deepEqual(await hosts('redelivered-while-the-callback-is-taken'), [ci, ci]);
});

test('what the Temporal UI shows is set: summaries, details, search attributes', async (t) => {
  const scenario = SCENARIOS['success'];
  assert.ok(scenario);
  const { handle, server, runId } = await runScenario(t, scenario);
  const description = await handle.describe();
  assert.equal(await description.staticSummary(), 'Summarise why deployment 4312 failed');
  assert.match((await description.staticDetails()) ?? '', /^- \*\*client\*\*: ci\n- \*\*source\*\*: webhook\n/);
  assert.deepEqual(description.searchAttributes['GarudustSession'], ['deployments']);
  const { history } = await server.client.workflowService.getWorkflowExecutionHistory({
    namespace: server.namespace,
    execution: { workflowId: runId },
  });
  const summaries = (history?.events ?? [])
    .filter(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
    .map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? '').toString());
  assert.deepEqual(summaries, ['"Summarise why deployment 4312 failed"', '"POST ci.example.com/hooks"']);
});
