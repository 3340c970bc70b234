import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { API_KEY, startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

const DAY = 86_400_000;

/** Settings that each show by themselves, and at once. */
function extreme(config: Config): Config {
  const { limits, agents } = config;
  return {
    ...config,
    limits: {
      ...limits,
      listsPerSecondPerClient: 1,
      listsBurstPerClient: 0,
      maxStreamsPerClient: 0,
      maxWaitsPerClient: 0,
    },
    // Longer than the total time, so that the first fault is the last.
    agents: agents.map((agent) => ({ ...agent, retryDelay: DAY })),
  };
}

test('settings reach the ingress and the worker', async (t) => {
  const env = { GARUDUST_ALLOWED_USER_IDS: 'ada' };
  const { url, post, start, callbacks, callbackUrl } = await startTestStack(t, { env, change: extreme });
  const codeOf = async (response: Response): Promise<string> => ((await response.json()) as Problem).code;
  assert.equal(await codeOf(await post({ text: 'Hi', user_id: 'mallory' })), 'user_not_permitted');
  const { id } = await start({ text: 'demo: fail once', user_id: 'ada', callback_url: callbackUrl });
  const ask = (path: string): Promise<Response> =>
    fetch(url + path, { headers: { Authorization: `Bearer ${API_KEY}` } });
  assert.equal(await codeOf(await ask('/v1/runs')), 'rate_limited');
  assert.equal(await codeOf(await ask(`/v1/runs/${id}/events`)), 'too_many_streams');
  assert.equal(await codeOf(await ask(`/v1/runs/${id}?wait=1`)), 'too_many_in_flight');
  await waitFor('the callback', () => callbacks.length > 0, 30_000);
  assert.match(JSON.stringify(callbacks[0]), /AgentFailed/);
});

test('the page / links to the Temporal UI on loopback alone', async (t) => {
  const temporalUiUrl = 'http://ui.internal.example.com:8233';
  const pageAt = async (host: string): Promise<string> => {
    const { url } = await startTestStack(t, { change: (config) => ({ ...config, host, temporalUiUrl }) });
    return (await fetch(`http://127.0.0.1:${new URL(url).port}/`)).text();
  };
  assert.match(
    await pageAt('127.0.0.1'),
    /href="http:\/\/ui\.internal\.example\.com:8233\/namespaces\/\w+\/workflows"/,
  );
  assert.doesNotMatch(await pageAt('0.0.0.0'), /ui\.internal/);
});
