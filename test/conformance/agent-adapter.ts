import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Agent, AgentError } from '../../src/agents/agent.ts';
import { failureClass, isFailureType } from '../../src/contract/failures.ts';
import { agentContext } from '../support/agent-context.ts';

/** An adapter with tasks that make it do what every adapter must be able to do. */
export interface AdapterUnderTest {
  readonly agent: Agent;
  /** A task and what its answer must match. */
  readonly easy: { readonly text: string; readonly answer: RegExp };
  /** A task whose answer the agent tells while it comes. Absent: it tells none before its end. */
  readonly streamed?: string;
  /** A task that takes far longer than the suite waits. */
  readonly slow: string;
  /** A task that is answered with exactly so many bytes of UTF-8. */
  large(bytes: number): string;
  /** Tasks that fail, for each way in which the agent can tell a failure in words of its own. */
  readonly failing: readonly string[];
  /** What stands in the agent's own words, or in its settings, and may be in no error of ours. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** Ends of calls must come this soon after the abort, in milliseconds. */
const PROMPT_MS = 2000;

/**
 * One suite for every adapter: it answers, ends promptly when aborted, keeps to the limit of bytes, and passes on nothing of
 * what the agent says when it fails.
 */
export function describeAgentAdapter(name: string, setUp: () => Promise<AdapterUnderTest>): void {
  describe(`${name} as an agent adapter`, () => {
    let adapter: AdapterUnderTest;
    before(async () => {
      adapter = await setUp();
    });
    after(() => adapter.close());

    test('answers with an output, and with whole numbers as its usage', async () => {
      const { output, usage = {} } = await adapter.agent.run(adapter.easy.text, agentContext());
      assert.match(output, adapter.easy.answer);
      const { costUsd = 0, ...counts } = usage;
      for (const count of Object.values(counts)) assert.ok(Number.isSafeInteger(count) && count >= 0);
      assert.ok(Number.isFinite(costUsd) && costUsd >= 0);
    });

    test('answers several tasks at once, each with its own answer', async () => {
      const context = (sessionKey: string): ReturnType<typeof agentContext> => agentContext({ sessionKey });
      const answers = await Promise.all(
        ['c:one', 'c:two', 'c:three'].map((key) => adapter.agent.run(adapter.easy.text, context(key))),
      );
      for (const { output } of answers) assert.match(output, adapter.easy.answer);
    });

    test('tells what it does as short texts', async () => {
      const told: unknown[] = [];
      await adapter.agent.run(adapter.easy.text, agentContext({ report: (text) => told.push(text) }));
      assert.ok(told.length > 0);
      for (const text of told) assert.ok(typeof text === 'string' && text.length > 0 && text.length <= 200);
    });

    test('tells the text as it comes, piece by piece, or none of it', async () => {
      let told = '';
      const reportText = (delta: string): void => void (told += delta);
      const { output } = await adapter.agent.run(adapter.streamed ?? adapter.easy.text, agentContext({ reportText }));
      assert.equal(told.trim(), adapter.streamed === undefined ? '' : output.trim());
    });

    test('rejects with the reason, promptly, when aborted in the midst of a call', async () => {
      const controller = new AbortController();
      const reason = new Error('aborted by the test');
      let working = (): void => undefined;
      const started = new Promise<void>((resolve) => {
        working = resolve;
      });
      const run = adapter.agent.run(adapter.slow, agentContext({ signal: controller.signal, report: () => working() }));
      await started;
      const abortedAt = performance.now();
      controller.abort(reason);
      await assert.rejects(run, (error) => error === reason);
      assert.ok(performance.now() - abortedAt < PROMPT_MS);
    });

    test('does not begin when aborted before', async () => {
      const reason = new Error('aborted before');
      const run = adapter.agent.run(adapter.slow, agentContext({ signal: AbortSignal.abort(reason) }));
      await assert.rejects(run, (error) => error === reason);
    });

    test('takes an answer as long as the limit, and refuses one of a byte more', async () => {
      const limit = 20_000;
      const { output } = await adapter.agent.run(adapter.large(limit), agentContext({ maxAnswerBytes: limit }));
      assert.equal(Buffer.byteLength(output), limit);
      const tooLong = adapter.agent.run(adapter.large(limit + 1), agentContext({ maxAnswerBytes: limit }));
      await assert.rejects(tooLong, { name: 'AgentError', type: 'AnswerTooLarge' });
    });

    test('fails with a type of the table, in our own words alone', async () => {
      assert.ok(adapter.failing.length > 0);
      for (const text of adapter.failing) {
        const error = await adapter.agent.run(text, agentContext()).catch((e: unknown) => e);
        assert.ok(error instanceof AgentError, `"${text}" must fail with an AgentError`);
        assert.ok(isFailureType(error.type));
        assert.ok(['task', 'passing', 'refused', 'agent'].includes(failureClass(error.type)));
        assert.equal(error.cause, undefined);
        // Goes on after the agent's name, and is one line.
        assert.match(error.message, /^[a-z][^\n]*[^.\n]$/);
        const all = JSON.stringify([error.message, error.stack, Object.entries(error)]);
        for (const secret of adapter.secrets) assert.equal(all.includes(secret), false, `"${text}" told ${secret}`);
      }
    });
  });
}
