import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { fixesFor } from '../../src/agents/agent-types.ts';
import { FAILURES, type FailureType, failureClass } from '../../src/contract/failures.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { type GarudustTarget, hold, waitForAsync } from '../conformance/garudust-calls.ts';
import { LLM_SECRET, MODEL_ERRORS } from '../conformance/garudust-rows.ts';
import { waitFor } from '../support/wait-for.ts';
import { type GarudustStack, startGarudustStack, type StartGarudust } from './garudust-stack.ts';

/** What Garudust says of its model, and no word of it may be repeated. */
const RAW_WORDS = [LLM_SECRET, '/v1/chat/completions', 'transport error', 'budget exhausted after', 'stopping early'];
const AT_ONCE = 64;

/**
 * Signed webhook to callback through our whole stack, with a Garudust at its end: one suite for the fake and the real one.
 *
 * @param loads `one`: only the one that fills every place, so that an ordinary test run stays short.
 */
export function testThroughTheStack(name: string, start: StartGarudust, loads: 'one' | 'all'): void {
  test(`${name}, through the whole stack`, async (t) => {
    const startUntilEnd = async (...args: Parameters<StartGarudust>): Promise<GarudustTarget> => {
      const target = await start(...args);
      t.after(() => target.close());
      return target;
    };
    const calm = await startUntilEnd({ llmTimeoutMs: 60_000 });
    const hasty = await startUntilEnd({ llmTimeoutMs: 1000 });
    const capped = await startUntilEnd({ maxTokensPerTask: 100 });
    let spent = await start({ maxIterations: 2 });
    t.after(() => spent.close());
    const stack = await startGarudustStack(
      t,
      {
        calm: { url: calm.url },
        crowded: { url: calm.url, concurrency: 100 },
        // One agent for each of the model's faults, because a fault pauses its agent.
        ...Object.fromEntries(MODEL_ERRORS.map((_, index) => [`hasty-${index}`, { url: hasty.url }])),
        capped: { url: capped.url },
        spent: { url: spent.url },
        'wrong-key': { url: calm.url, apiKey: 'another' },
        'wrong-path': { url: `${calm.url}/elsewhere` },
        away: { url: `http://127.0.0.1:${await freePort()}` },
      },
      { neighbour: 'calm' },
    );

    await t.test('a run has the answer and what it cost, and the callback tells the same', async () => {
      calm.model.on('answer me', { kind: 'answer', content: ' The answer. \n', promptTokens: 30, completionTokens: 4 });
      const { id } = await stack.as('calm').start({ text: 'answer me', callback_url: stack.callbackUrl });
      const run = await stack.as('calm').get(id, 20);
      assert.deepEqual([run.status, run.output], ['completed', 'The answer.']);
      assert.deepEqual(run.usage, { input_tokens: 30, output_tokens: 4, iterations: 1 });
      assert.deepEqual(run.agent, { name: 'calm', attempt: 1, max_attempts: 1 });
      const callback = await stack.callbackOf(id);
      assert.deepEqual([callback.signature, callback.body?.text], ['good', 'The answer.']);
    });

    await t.test('a session goes on with its own client, and with no other', async () => {
      const turn = async (client: string, text: string, session_key?: string): Promise<unknown[] | undefined> => {
        const { id } = await stack.as(client).start({ text, ...(session_key && { session_key }) });
        assert.equal((await stack.as(client).get(id, 20)).status, 'completed');
        return calm.model.callsFor(text)[0]?.messages.map(({ content }) => content);
      };
      assert.deepEqual(await turn('calm', 'my name is Una', 's'), ['my name is Una']);
      const second = await turn('calm', 'what is my name', 's');
      assert.deepEqual(second, ['my name is Una', 'echo: my name is Una', 'what is my name']);
      assert.deepEqual(await turn('calm', 'another session', 's2'), ['another session']);
      assert.deepEqual(await turn('neighbour', 'same key, other client', 's'), ['same key, other client']);
      assert.deepEqual(await turn('calm', 'no session'), ['no session']);
      assert.deepEqual(await turn('calm', 'none again'), ['none again']);
    });

    for (const [index, { name: what, reply, type }] of MODEL_ERRORS.entries()) {
      await t.test(`${what} reads ${type}, and no word of it is passed on`, async () => {
        hasty.model.on(what, reply);
        await failsWith(stack, `hasty-${index}`, what, type);
        assert.equal(hasty.model.callsFor(what).length, 1);
      });
    }

    await t.test('an answer with 200 that is a failure reads TokenBudgetExceeded', async () => {
      capped.model.on('dear', { kind: 'answer', content: LLM_SECRET, promptTokens: 90, completionTokens: 20 });
      const { error } = await failsWith(stack, 'capped', 'dear', 'TokenBudgetExceeded');
      assert.match(error?.message ?? '', /its limit of 100 tokens \(110 used\)/);
    });

    for (const [client, type] of [
      ['wrong-key', 'AgentKeyRefused'],
      ['wrong-path', 'AgentMisconfigured'],
      ['away', 'AgentUnreachable'],
    ] as const) {
      await t.test(`an agent with the fault "${client}" reads ${type}`, async () => {
        await failsWith(stack, client, `to the agent ${client}`, type);
      });
    }

    await t.test('a cancel drops the call of the model', async () => {
      hold(calm, 'cancel me', 'too late');
      const { id } = await stack.as('calm').start({ text: 'cancel me', callback_url: stack.callbackUrl });
      await waitFor('the model call', () => calm.model.callsFor('cancel me').length === 1);
      assert.equal((await stack.as('calm').cancel(id)).status, 202);
      const run = await stack.as('calm').get(id, 20);
      assert.deepEqual([run.status, run.error?.code], ['canceled', 'Canceled']);
      await waitFor('its end', () => calm.model.callsFor('cancel me')[0]?.aborted === true);
      assert.equal((await stack.callbackOf(id)).body?.text, 'Error: The run was canceled.');
    });

    await t.test('turns that run out cost no attempt: after a restart the task is answered', async () => {
      const caller = stack.as('spent');
      for (const text of ['turn one', 'turn two']) {
        const { id } = await caller.start({ text });
        assert.equal((await caller.get(id, 20)).status, 'completed');
      }
      const { id } = await caller.start({ text: 'turn three', callback_url: stack.callbackUrl });
      const waiting = await lastErrorOf(stack, 'spent', id);
      assert.match(waiting.agent?.last_error ?? '', /has used up its 2 turns/);
      assert.deepEqual([waiting.status, waiting.agent?.attempt], ['running', 0]);
      const { port } = spent;
      await spent.close();
      spent = await start({ maxIterations: 2, port });
      const run = await caller.get(id, 30);
      assert.deepEqual([run.status, run.output], ['completed', 'echo: turn three']);
      assert.deepEqual(run.agent, { name: 'spent', attempt: 1, max_attempts: 1 });
      assert.equal((await stack.callbackOf(id)).body?.text, 'echo: turn three');
    });

    const heaviest = ['calm', 80, ', 16 of them waiting for a permit'] as const;
    const others = [
      ['calm', AT_ONCE, ''],
      ['crowded', 80, ', 16 of them waiting unseen in Garudust'],
    ] as const;
    for (const [client, runs, where] of loads === 'one' ? [heaviest] : [heaviest, ...others]) {
      await t.test(`${runs} runs at once are all answered${where}`, () => load(stack, calm, client, runs));
    }
  });
}

/** How to fix a failure of an agent of the file, in the words of its type where it has any. */
function fixFor(agent: string, type: FailureType): string {
  return fixesFor('garudust', (setting) => `agents.${agent}.${setting}`)[type] ?? FAILURES[type].fix;
}

/** One run that fails: status, code and words as promised in every place, and Garudust's own words in none. */
async function failsWith(stack: GarudustStack, client: string, text: string, type: FailureType): Promise<RunResource> {
  const caller = stack.as(client);
  const { id } = await caller.start({ text, callback_url: stack.callbackUrl });
  const isAgents = failureClass(type) === 'agent';
  const seen: unknown[] = [];
  if (isAgents) {
    const waiting = await lastErrorOf(stack, client, id);
    assert.equal(waiting.status, 'running');
    assert.ok(waiting.agent?.last_error?.includes(fixFor(client, type)), waiting.agent?.last_error);
    assert.ok(waiting.agent?.next_attempt_at !== undefined || type === 'AgentUnreachable');
    seen.push(waiting, await stack.stored(id));
    await caller.cancel(id);
  }
  const run = await caller.get(id, 20);
  assert.deepEqual([run.status, run.error?.code], isAgents ? ['canceled', 'Canceled'] : ['failed', type]);
  if (!isAgents) {
    assert.ok(run.error?.message.includes(fixFor(client, type)), run.error?.message);
    assert.deepEqual(run.agent, { name: client, attempt: 1, max_attempts: 1 });
  }
  const callback = await stack.callbackOf(id);
  assert.equal(callback.body?.text, `Error: ${run.error?.message}`);
  assert.deepEqual([callback.body?.status, callback.body?.error?.code], [run.status, run.error?.code]);
  const stored = await stack.stored(id);
  assert.ok(stored.includes(text), 'what Temporal stores can be searched');
  seen.push(run, callback, stored);
  for (const one of seen) {
    const bytes = Buffer.isBuffer(one) ? one : Buffer.from(JSON.stringify(one));
    for (const words of RAW_WORDS) assert.equal(bytes.includes(words), false, words);
  }
  return run;
}

/** The run once an attempt has failed and the next one is waited for. */
async function lastErrorOf(stack: GarudustStack, client: string, id: string): Promise<RunResource> {
  let run = await stack.as(client).get(id);
  await waitForAsync('the last error', async () => {
    run = await stack.as(client).get(id);
    return run.agent?.last_error !== undefined;
  });
  return run;
}

async function load(stack: GarudustStack, target: GarudustTarget, client: string, runs: number): Promise<void> {
  let release = (): void => undefined;
  const after = new Promise<void>((resolve) => (release = resolve));
  const texts = Array.from({ length: runs }, (_, i) => `${client} ${i} of ${runs}`);
  for (const text of texts) target.model.on(text, { kind: 'answer', content: `done: ${text}`, after });
  const caller = stack.as(client);
  const accepted: { readonly id: string }[] = [];
  // Sent ten at a time: the runs are to be at once, and a burst of deliveries beyond what Temporal records is refused.
  for (let from = 0; from < runs; from += 10) {
    const some = texts.slice(from, from + 10);
    accepted.push(...(await Promise.all(some.map((text) => caller.start({ text, callback_url: stack.callbackUrl })))));
  }
  const calls = (): number => texts.filter((text) => target.model.callsFor(text).length > 0).length;
  await waitFor('the model calls', () => calls() === AT_ONCE, 20_000);
  const expected = client === 'crowded' ? runs : AT_ONCE;
  await waitForAsync(`${expected} runs with the agent`, async () => {
    // Not in a tight loop: the runs have to get somewhere beside 80 reads.
    await sleep(200);
    const now = await Promise.all(accepted.map(({ id }) => caller.get(id)));
    const isThere = ({ agent }: RunResource): boolean => agent?.progress === 'the agent has the task';
    return now.filter(isThere).length === expected;
  });
  assert.equal(calls(), AT_ONCE);
  release();
  // A task that gave its slot back returns when its turn was expected, up to a minute later.
  const ended = await Promise.all(
    accepted.map(async ({ id }) => {
      const run = await caller.get(id, 60);
      return run.terminal ? run : caller.get(id, 60);
    }),
  );
  assert.deepEqual(
    ended.map(({ status, output, agent }) => [status, output, agent?.attempt]),
    texts.map((text) => ['completed', `done: ${text}`, 1]),
  );
  assert.deepEqual([...new Set(texts.map((text) => target.model.callsFor(text).length))], [1]);
  await Promise.all(accepted.map(({ id }) => stack.callbackOf(id)));
}
