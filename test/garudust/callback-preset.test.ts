import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { hold } from '../conformance/garudust-calls.ts';
import { LLM_SECRET, MODEL_ERRORS } from '../conformance/garudust-rows.ts';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { startRealGarudust } from '../support/real-garudust.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';
import type { StartGarudust } from './garudust-stack.ts';

const COMPLETION_SECRET = 'the-secret-of-completions';

/** `type: callback, preset: garudust`: Garudust's own webhook adapter takes the task, and its callback completes the run. */
function testCallbackPreset(name: string, start: StartGarudust): void {
  test(`the webhook adapter of ${name} as an agent that answers later`, async (t) => {
    const garudust = await start({ hmacSecret: 'the-secret-of-garudust' });
    t.after(() => garudust.close());
    const port = await freePort();
    const stack = await startTestStack(t, {
      change: (config) => {
        const [first] = config.agents;
        assert.ok(first);
        const desk = {
          type: 'callback',
          preset: 'garudust',
          url: garudust.webhookUrl,
          // The form of loopback that Garudust's guard lets through.
          completionUrl: `http://[::ffff:127.0.0.1]:${port}`,
          completionSecret: [COMPLETION_SECRET],
          maxAttempts: 1,
        };
        const agents = [
          { ...first, ...desk, name: 'desk', hmacSecret: 'the-secret-of-garudust' },
          { ...first, ...desk, name: 'stranger', hmacSecret: 'another' },
        ];
        const clients = config.clients.map((client) => ({ ...client, agents: ['desk', 'stranger'] }));
        return { ...config, port, agents, clients, defaultAgent: 'desk' };
      },
    });

    await t.test('completes the run by its callback, which the one-time URL alone proves', async () => {
      garudust.model.on('answer me', { kind: 'answer', content: 'The answer.' });
      const { id } = await stack.start({ text: 'answer me', callback_url: stack.callbackUrl });
      const run = await stack.get(id, 20);
      assert.deepEqual([run.status, run.output], ['completed', 'The answer.'], JSON.stringify(run));
      assert.deepEqual(run.agent, { name: 'desk', attempt: 1, max_attempts: 1 });
      await waitFor('the callback', () => stack.callbacks.length === 1);
      assert.equal(stack.callbacks[0]?.body?.text, 'The answer.');
    });

    await t.test('goes on with the session of the task', async () => {
      for (const text of ['my name is Una', 'what is my name']) {
        const { id } = await stack.start({ text, session_key: 's' });
        assert.equal((await stack.get(id, 20)).status, 'completed');
      }
      assert.deepEqual(
        garudust.model.callsFor('what is my name')[0]?.messages.map(({ content }) => content),
        ['my name is Una', 'echo: my name is Una', 'what is my name'],
      );
    });

    for (const { name: what, reply } of MODEL_ERRORS) {
      await t.test(`${what} fails the run, and no word of it is passed on`, async () => {
        garudust.model.on(what, reply);
        const { id } = await stack.start({ text: what });
        const run = await stack.get(id, 20);
        assert.deepEqual([run.status, run.error?.code], ['failed', 'AgentFailed']);
        const { client } = await connectToTestServer();
        const history = await client.workflow.getHandle(id).fetchHistory();
        assert.ok(!JSON.stringify([run, history]).includes(LLM_SECRET));
      });
    }

    await t.test('answers a run that was canceled too late', async () => {
      const release = hold(garudust, 'never mind', 'too late');
      const { id } = await stack.start({ text: 'never mind' });
      await waitFor('the model call', () => garudust.model.callsFor('never mind').length === 1);
      await stack.cancel(id);
      assert.equal((await stack.get(id, 20)).status, 'canceled');
      release();
      await sleep(500);
      const { status, output } = await stack.get(id);
      assert.deepEqual([status, output], ['canceled', undefined]);
    });

    await t.test('refuses a task that is signed with another secret, unpaid', async () => {
      const { id } = await stack.start({ text: 'who am I', agent: 'stranger' });
      await waitFor('the refusal', async () => (await stack.get(id)).agent?.last_error !== undefined);
      const { status, agent } = await stack.get(id);
      assert.deepEqual([status, agent?.attempt], ['running', 0]);
      assert.match(agent?.last_error ?? '', /refused our key \(401\).*hmac_secret/);
      assert.equal(garudust.model.callsFor('who am I').length, 0);
      await stack.cancel(id);
    });
  });
}

testCallbackPreset('the fake Garudust', startFakeGarudust);
const binary = process.env['GARUDUST_SERVER_PATH'];
// That it is missing is said by test/conformance/garudust-agent.test.ts.
if (binary !== undefined) testCallbackPreset('the real Garudust', (options) => startRealGarudust(binary, options));
