import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AgentError } from '../../src/agents/agent.ts';
import type { FakeGarudustOptions } from '../support/fake-garudust/fake-garudust.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  ask,
  chat,
  type GarudustTarget,
  hold,
  hook,
  post,
  stream,
  waitForAsync,
  withReceiver,
} from './garudust-calls.ts';
import { LLM_SECRET, MODEL_ERRORS, REFUSALS, status } from './garudust-rows.ts';

/**
 * One suite for every Garudust: what it answers byte for byte, what it does in silence, and what our adapter makes of it. The
 * fake that all other tests rely on and the real server must both pass.
 *
 * @param start starts a server with these settings; the suite closes it.
 */
export function describeGarudust(name: string, start: (options: FakeGarudustOptions) => Promise<GarudustTarget>): void {
  describe(name, () => {
    let target: GarudustTarget;
    before(async () => {
      target = await start({ llmTimeoutMs: 1000 });
    });
    after(() => target.close());

    describe('POST /chat', () => {
      test('answers with output, usage and a fresh session id', async () => {
        target.model.on('plain', { kind: 'answer', content: '  the answer \n', promptTokens: 30, completionTokens: 4 });
        const [first, second] = [await chat(target, { message: 'plain' }), await chat(target, { message: 'plain' })];
        assert.equal(first.status, 200);
        assert.equal(first.type, 'application/json');
        const { session_id: id, ...body } = JSON.parse(first.text) as Record<string, unknown>;
        assert.deepEqual(body, { output: 'the answer', iterations: 1, input_tokens: 30, output_tokens: 4 });
        assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
        assert.notEqual(id, (JSON.parse(second.text) as { session_id: string }).session_id);
      });

      test('answers with an empty output when the model says nothing', async () => {
        target.model.on('nothing', { kind: 'answer', content: '' });
        const { output } = await ask(target, 'nothing');
        assert.equal(output, '');
      });

      test('keeps a long answer whole', async () => {
        const content = 'ü"\\\n'.repeat(200_000).trim();
        target.model.on('long', { kind: 'answer', content });
        assert.equal((await ask(target, 'long', { maxAnswerBytes: 2_000_000 })).output, content);
      });

      for (const { name: what, init, status: code, text } of REFUSALS) {
        test(`refuses ${what} with ${code}`, async () => {
          const reply = await chat(target, { message: 'refused' }, init);
          assert.equal(reply.status, code);
          assert.match(reply.text, text);
          assert.equal(reply.type, 'text/plain; charset=utf-8');
          assert.deepEqual(target.model.callsFor('refused'), []);
        });
      }

      for (const { name: what, reply, text, type, retryAfterMs } of MODEL_ERRORS) {
        test(`tells ${what} by text, which the adapter sorts as ${type}`, async () => {
          const message = `model: ${what}`;
          target.model.on(message, reply);
          const raw = await chat(target, { message });
          assert.equal(raw.status, 500);
          assert.equal(raw.type, 'text/plain; charset=utf-8');
          if (typeof text === 'string') assert.equal(raw.text, text);
          else assert.match(raw.text, text);
          const error = await ask(target, message).catch((e: unknown) => e);
          assert.ok(error instanceof AgentError);
          assert.equal(error.type, type);
          assert.equal(error.retryAfterMs, retryAfterMs);
          assert.equal(error.message.includes(LLM_SECRET), false);
        });
      }

      test('sends not a byte before the answer', async () => {
        const release = hold(target, 'silent', 'at last');
        let answered = false;
        const reply = chat(target, { message: 'silent' }).then((r) => {
          answered = true;
          return r;
        });
        await waitFor('the model call', () => target.model.callsFor('silent').length === 1);
        assert.equal(answered, false);
        release();
        assert.match((await reply).text, /"output":"at last"/);
      });

      test('drops the model call and stores no turn when the caller leaves', async () => {
        hold(target, 'left alone', 'too late');
        const leaving = new AbortController();
        const reason = new Error('the test leaves');
        const asked = ask(target, 'left alone', { signal: leaving.signal, sessionKey: 'leaver' });
        await waitFor('the model call', () => target.model.callsFor('left alone').length === 1);
        leaving.abort(reason);
        await assert.rejects(asked, reason);
        await waitFor('the end of the model call', () => target.model.callsFor('left alone')[0]?.aborted === true);
        await ask(target, 'after the leaver', { sessionKey: 'leaver' });
        assert.equal(target.model.callsFor('after the leaver')[0]?.messages.length, 1);
      });

      test('knows no other route', async () => {
        for (const path of ['/run', '/invoke', '/v1/chat/completions']) {
          const response = await fetch(`${target.url}${path}`, { method: 'POST' });
          assert.equal(response.status, 404);
          assert.equal(await response.text(), '');
        }
      });
    });

    describe('sessions', () => {
      test('have a history by key, which other keys do not see', async () => {
        await ask(target, 'first of a', { sessionKey: 'a' });
        await ask(target, 'second of a', { sessionKey: 'a' });
        await ask(target, 'first of b', { sessionKey: 'b' });
        const texts = target.model.callsFor('second of a')[0]?.messages.map(({ content }) => content);
        assert.deepEqual(texts, ['first of a', 'echo: first of a', 'second of a']);
        assert.equal(target.model.callsFor('first of b')[0]?.messages.length, 1);
      });

      test('are shared by all who send the empty key, and none without a key', async () => {
        await chat(target, { message: 'one', session_key: '' });
        await chat(target, { message: 'two', session_key: '' });
        await chat(target, { message: 'three' });
        assert.equal(target.model.callsFor('two')[0]?.messages.length, 3);
        assert.equal(target.model.callsFor('three')[0]?.messages.length, 1);
      });

      test('run a repeated task again and store it again', async () => {
        for (let i = 0; i < 3; i += 1) await ask(target, 'again', { sessionKey: 'repeat' });
        assert.deepEqual(
          target.model.callsFor('again').map(({ messages }) => messages.length),
          [1, 3, 5],
        );
      });
    });

    describe('POST /chat/stream', () => {
      test('ends alike on success and on failure', async () => {
        target.model.on('streamed', { kind: 'answer', content: 'one two\nthree' });
        target.model.on('stream fails', status(503));
        const good = await stream(target, 'streamed');
        const bad = await stream(target, 'stream fails');
        assert.deepEqual([good.status, bad.status], [200, 200]);
        assert.equal(good.text, 'data: one \n\ndata: two\ndata: three\n\n');
        assert.equal(bad.text, '');
      });

      test('runs on and stores the turn when the caller leaves', async () => {
        const release = hold(target, 'stream left', 'to nobody');
        const leaving = new AbortController();
        const body = JSON.stringify({ message: 'stream left', session_key: 'stream' });
        const response = await post(`${target.url}/chat/stream`, target, { body, signal: leaving.signal });
        await waitFor('the model call', () => target.model.callsFor('stream left').length === 1);
        leaving.abort();
        await response.text().catch(() => undefined);
        release();
        let rounds = 0;
        await waitForAsync('the stored turn', async () => {
          const message = `after the stream ${(rounds += 1)}`;
          await ask(target, message, { sessionKey: 'stream' });
          return target.model.callsFor(message)[0]?.messages.some(({ content }) => content === 'to nobody') === true;
        });
      });
    });

    describe('its limits', () => {
      test('lets excess requests wait, and never runs one that left', async () => {
        await withTarget({ maxConcurrentRequests: 1 }, async (small) => {
          const release = hold(small, 'busy', 'done');
          const busy = ask(small, 'busy');
          await waitFor('the model call', () => small.model.callsFor('busy').length === 1);
          const leaving = new AbortController();
          const leaver = chat(small, { message: 'impatient' }, { signal: leaving.signal });
          const patient = ask(small, 'patient');
          setTimeout(() => leaving.abort(), 100);
          await assert.rejects(leaver);
          // By the time it answers another request, it has noticed.
          await fetch(`${small.url}/health`);
          assert.equal(small.model.callsFor('patient').length, 0);
          release();
          assert.equal((await busy).output, 'done');
          assert.equal((await patient).output, 'echo: patient');
          assert.equal(small.model.callsFor('impatient').length, 0);
        });
      });

      test('counts turns for the whole process, failed ones too, and then fails every run', async () => {
        await withTarget({ maxIterations: 2 }, async (small) => {
          small.model.on('fails', status(503));
          await assert.rejects(ask(small, 'fails'), { type: 'ModelUnavailable' });
          await ask(small, 'works');
          const raw = await chat(small, { message: 'no turn left' });
          assert.deepEqual([raw.status, raw.text], [500, 'budget exhausted after 2 iterations']);
          await assert.rejects(ask(small, 'no turn left'), { type: 'AgentBudgetExhausted' });
        });
      });

      test('tells its token cap with status 200, which the adapter takes for a failure', async () => {
        await withTarget({ maxTokensPerTask: 100 }, async (small) => {
          small.model.on('dear', { kind: 'answer', content: 'x', promptTokens: 90, completionTokens: 20 });
          const raw = await chat(small, { message: 'dear' });
          assert.equal(raw.status, 200);
          const { output } = JSON.parse(raw.text) as { output: string };
          assert.equal(output, '[Token budget of 100 exceeded after 110 tokens — stopping early.]');
          await assert.rejects(ask(small, 'dear'), { type: 'TokenBudgetExceeded' });
        });
      });
    });

    describe('the webhook adapter', () => {
      test('answers an empty 202, then sends one callback without a signature', async () => {
        await withReceiver(async (receiver) => {
          const body = JSON.stringify({ text: 'by webhook', callback_url: receiver.url });
          const reply = await hook(target, body);
          assert.deepEqual([reply.status, reply.text], [202, '']);
          await waitFor('the callback', () => receiver.received.length === 1);
          const [callback] = receiver.received;
          assert.equal(callback?.body, '{"text":"echo: by webhook"}');
          const names = Object.keys(callback?.headers ?? {});
          assert.deepEqual(
            names.filter((header) => /signature|webhook|user-agent/.test(header)),
            [],
          );
        });
      });

      test('calls back with the error text itself', async () => {
        await withReceiver(async (receiver) => {
          target.model.on('hook fails', status(503));
          await hook(target, JSON.stringify({ text: 'hook fails', callback_url: receiver.url }));
          await waitFor('the callback', () => receiver.received.length === 1);
          assert.equal(
            receiver.received[0]?.body,
            JSON.stringify({ text: `Error: transport error: HTTP error 503: ${LLM_SECRET}` }),
          );
        });
      });

      test('refuses without a body: 401 for a wrong signature, 400 for a wrong body', async () => {
        const good = JSON.stringify({ text: 'x', callback_url: 'http://127.0.0.1/' });
        for (const [body, signature, code] of [
          [good, 'sha256=00', 401],
          ['nonsense', 'sha256=00', 401],
          ['nonsense', undefined, 400],
          ['{"text":"x"}', undefined, 400],
        ] as const) {
          const reply = await hook(target, body, signature);
          assert.deepEqual([reply.status, reply.text], [code, '']);
        }
      });
    });

    async function withTarget(
      options: FakeGarudustOptions,
      use: (small: GarudustTarget) => Promise<void>,
    ): Promise<void> {
      const small = await start(options);
      try {
        await use(small);
      } finally {
        await small.close();
      }
    }
  });
}
