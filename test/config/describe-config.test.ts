import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConfig } from '../../src/config/describe-config.ts';
import { load } from './load.ts';

test('the description reads like the file, with defaults, and tells of secrets the length alone', () => {
  const yaml = `clients:
  - id: ci
    webhook_secret: [eight888, twelve121212]
    callback_secret: "123456789"
    callback_headers: { hosts: [a.example.com], headers: { X-Key: abc } }
agents:
  garudust: { api_key: abcde, attempt_timeout: 90m, total_timeout: 36h, max_answer_bytes: 2000 }
limits: { body: 524288 }
`;
  const { clients, agents, limits, callback, port } = describeConfig(load({ yaml })) as Record<string, unknown>;
  assert.equal(port, 8080);
  assert.deepEqual(clients, [
    {
      id: 'ci',
      webhook_secret: 'set (8 and 12 characters)',
      api_key: 'not set',
      callback_secret: 'set (9 characters)',
      allowed_callback_domains: [],
      callback_headers: { hosts: ['a.example.com'], headers: { 'X-Key': 'set (3 characters)' } },
      rate_limit: '500/s',
      max_in_flight: 100,
      callback_questions: false,
    },
  ]);
  assert.deepEqual(agents, {
    garudust: {
      type: 'garudust',
      url: 'http://127.0.0.1:3000',
      api_key: 'set (5 characters)',
      concurrency: 64,
      attempt_timeout: '90m',
      total_timeout: '36h',
      queue_timeout: '30m',
      heartbeat_timeout: '30s',
      max_attempts: 3,
      retry_delay: '5s',
      retry_delay_at_fault: '1m',
      retry_delay_unreachable: '250ms',
      history_turns: 10,
      history_bytes: '64KiB',
      history_kept: '1d',
      max_answer_bytes: '2000B',
    },
  });
  assert.deepEqual(limits, {
    body: '512KiB',
    headers_timeout: '10s',
    body_timeout: '20s',
    keep_alive: '65s',
    max_in_flight: 128,
    body_budget: '64MiB',
    max_connections: 2000,
    write_timeout: '30s',
    shutdown_grace: '10s',
    max_waits: 1000,
    max_waits_per_client: 200,
    session_queue: 1000,
    max_streams: 200,
    max_streams_per_client: 50,
    stream_keep_alive: '15s',
    stream_stalled_timeout: '1m',
    lists_per_second: 5,
    lists_burst: 15,
    lists_per_second_per_client: 2,
    lists_burst_per_client: 10,
    lists_reuse: '500ms',
  });
  assert.deepEqual((callback as Record<string, unknown>)['dead_letter'], '14d');
});

test('a file made of the description gives the same settings', () => {
  const yaml =
    'clients: [{ id: ci, webhook_secret: a-good-secret }]\nagents: { parrot: { type: demo, attempt_timeout: 1500ms } }';
  const first = load({ yaml });
  const clients = [{ id: 'ci', webhook_secret: 'a-good-secret' }];
  const described = { ...describeConfig(first), clients } as unknown as Record<
    'callback' | 'payloads' | 'codec_server',
    Record<string, unknown>
  > & { answer_link_secret?: unknown };
  // What is kept back is told in words.
  for (const secret of ['dead_letter_webhook', 'dead_letter_secret', 'proxy']) delete described.callback[secret];
  delete described.answer_link_secret;
  delete described.payloads['keys'];
  delete described.codec_server['token'];
  assert.deepEqual(load({ yaml: JSON.stringify(described) }).config, first.config);
});
