import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { commandSettings } from '../support/command-setup.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const CANARY = 'canary-of-the-program';

test('what a program writes when it fails is in no history, log, answer, metric or callback, and each call counts as the table says', async (t) => {
  const workDir = temporaryFolder(t);
  const metrics = createMetrics({
    processMetrics: false,
    agentFaults: ['AgentMisconfigured'],
    configured: { agents: ['demo'], clients: ['default'] },
  });
  const logTo = new PassThrough();
  let log = '';
  logTo.on('data', (chunk) => (log += String(chunk)));
  const change = (config: Config): Config => ({
    ...config,
    agents: config.agents.map((agent) => ({
      ...agent,
      ...commandSettings({ workDir }),
      type: 'command',
      maxAttempts: 2,
      retryDelay: 100,
      totalTimeout: 60_000,
    })),
  });
  const { start, get, callbackUrl, callbacks, stack } = await startTestStack(t, { change, metrics, logTo });
  const { client } = await connectToTestServer();
  const cases = [
    ['exit 1', 'AgentFailed', 2],
    ['exit 65', 'TaskRefused', 1],
    ['kill SIGKILL', 'AgentFailed', 2],
    ['empty', 'ModelAnswerUnreadable', 2],
    ['endless', 'AnswerTooLarge', 1],
  ] as const;
  for (const [index, [text, code, calls]] of cases.entries()) {
    const { id } = await start({ text, callback_url: callbackUrl });
    const run = await get(id, 30);
    assert.equal(run.status, 'failed', text);
    assert.equal(run.error?.code, code, text);
    assert.equal(run.agent?.attempt, calls, text);
    await waitFor('the callback', () => callbacks.length === index + 1);
    const history = readable(await client.workflow.getHandle(id).fetchHistory());
    // So that it would be found.
    assert.ok(history.includes(text));
    for (const place of [history, JSON.stringify(run), JSON.stringify(callbacks), log]) {
      assert.equal(place.includes(CANARY), false, text);
    }
  }
  assert.equal((await (await fetch(`${stack.adminUrl}/metrics`)).text()).includes(CANARY), false);
});

/** A history as JSON, with its payloads as texts. */
function readable(history: object): string {
  return JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );
}
