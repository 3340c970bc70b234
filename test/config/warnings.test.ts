import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, SECRET } from './load.ts';

const env = { GARUDUST_WEBHOOK_SECRET: SECRET, RUNS_API_KEY: 'key-number-1' };

describe('a warning is given', () => {
  const cases: [string, Record<string, string>, string | undefined, RegExp][] = [
    ['of a client that can not read its runs', { RUNS_API_KEY: '' }, undefined, /^Client "default" has no API key/],
    [
      'of more than Garudust serves',
      {},
      'agents: { garudust: { concurrency: 65 } }',
      /^Agent "garudust" gets 65 tasks at once/,
    ],
    [
      'of agents that may hold every slot',
      {},
      'agents: { one: { type: demo, concurrency: 300 }, two: { type: demo, concurrency: 200 } }',
      /^worker\.max_concurrent_activities is 500, and the agents may be called 500 times at once: .* Raise it above 500/,
    ],
    [
      'of all networks being open',
      { CALLBACK_PERMIT_NETWORKS: '0.0.0.0/0' },
      undefined,
      /contains 0\.0\.0\.0\/0: callbacks can reach/,
    ],
    [
      'of headers without hosts',
      {},
      `clients: [{ id: ci, webhook_secret: "\${GARUDUST_WEBHOOK_SECRET}", api_key: "\${RUNS_API_KEY}", allowed_callback_domains: [a.example.com], callback_headers: { X-A: a } }]`,
      /^Client "ci" has callback_headers without hosts; .*: write callback_headers: \{hosts: \[a\.example\.com\], headers/,
    ],
    [
      'of a mistyped variable',
      { GARUDUST_WEBHOOK_SECRETS: 'x' },
      undefined,
      /^GARUDUST_WEBHOOK_SECRETS is not a setting: did you mean GARUDUST_WEBHOOK_SECRET\?$/,
    ],
    [
      'of a variable without effect',
      { GARUDUST_URL: 'http://a' },
      'agents: { bot: {} }',
      /^GARUDUST_URL is ignored: it configures the agent "garudust"/,
    ],
  ];
  for (const [name, more, yaml, message] of cases) {
    test(name, () => {
      const { warnings } = load({ env: { ...env, ...more }, ...(yaml !== undefined && { yaml }) });
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0] ?? '', message);
    });
  }
});

test('none is given of what is as it should be', () => {
  const others = {
    HOME: '/root',
    HOSTNAME: 'a',
    POST: 'b',
    GARUDUST_PORT: '1',
    GARUDUST_HOST: 'c',
    TEMPORAL_ADDRESS: 'd:1',
  };
  assert.deepEqual(load({ env: { ...env, ...others } }).warnings, []);
  assert.deepEqual(load({ env, yaml: 'agents: { bot: { type: demo, concurrency: 500 } }' }).warnings, []);
});
