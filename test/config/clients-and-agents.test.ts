import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agentPolicySettings, toAgentPolicy } from '../../src/agents/agent-policy-settings.ts';
import { createAgent } from '../../src/agents/agent-types.ts';
import { camelCase } from '../../src/settings/camel-case.ts';
import type { AgentConfig } from '../../src/config/config.ts';
import { callbackSecretOf } from '../../src/activities/callback/callback-client.ts';
import { DEFAULT_RETRY_DELAYS } from '../../src/activities/agent/retry-plan.ts';
import type { AppDeps } from '../../src/ingress/app.ts';
import { DEFAULT_SERVER_LIMITS } from '../../src/ingress/http/serve.ts';
import { DEFAULT_LIST_LIMITS } from '../../src/ingress/limits/list-admission.ts';
import { DEFAULT_STREAM_LIMITS, DEFAULT_WAIT_LIMITS } from '../../src/ingress/limits/client-semaphore.ts';
import { load, refusal, SECRET } from './load.ts';

const HOUR = 3_600_000;
/** Defaults for agents without a memory of their own. */
const NO_MEMORY = { historyTurns: 10, historyBytes: 65_536, historyKept: 24 * HOUR };

/** An agent without its name and without what every agent has. */
function ownSettings(agent: AgentConfig | undefined): object {
  const shared = [...Object.keys(agentPolicySettings).map(camelCase), 'name', 'settingNames'];
  return Object.fromEntries(Object.entries(agent ?? {}).filter(([key]) => !shared.includes(key)));
}

describe('by the environment alone', () => {
  test('there is one client, called default', () => {
    const { config, generated } = load({
      env: {
        GARUDUST_WEBHOOK_SECRET: 'old-secret, new-secret',
        RUNS_API_KEY: 'key-number-1,key-number-2',
        CALLBACK_SECRET: 'callback-secret',
        GARUDUST_ALLOWED_CALLBACK_DOMAINS: 'CI.example.com., *.ops.example.com, bücher.example',
        GARUDUST_ALLOWED_USER_IDS: 'Ada Lovelace, 1001',
      },
    });
    assert.deepEqual(config.clients, [
      {
        id: 'default',
        webhookSecret: ['old-secret', 'new-secret'],
        apiKey: ['key-number-1', 'key-number-2'],
        callbackSecret: ['callback-secret'],
        allowedCallbackDomains: ['ci.example.com', '*.ops.example.com', 'xn--bcher-kva.example'],
        allowedUserIds: ['Ada Lovelace', '1001'],
        rateLimit: { count: 500, windowMs: 1000 },
        maxInFlight: 100,
        callbackQuestions: false,
      },
    ]);
    assert.deepEqual(generated, []);
  });

  test('its callbacks are signed by its webhook secrets where they have none of their own', () => {
    const env = { GARUDUST_WEBHOOK_SECRET: 'old-secret,new-secret' };
    const [client] = load({ env }).config.clients;
    assert.deepEqual(client && callbackSecretOf(client), ['old-secret', 'new-secret']);
  });

  test('there is one agent, Garudust on this machine unless told otherwise', () => {
    const env = { GARUDUST_WEBHOOK_SECRET: SECRET };
    assert.deepEqual(load({ env }).config.agents, [
      {
        name: 'garudust',
        type: 'garudust',
        url: 'http://127.0.0.1:3000',
        concurrency: 64,
        attemptTimeout: HOUR / 6,
        totalTimeout: HOUR,
        queueTimeout: HOUR / 2,
        heartbeatTimeout: 30_000,
        maxAttempts: 3,
        maxAnswerBytes: 1_048_576,
        ...NO_MEMORY,
        ...DEFAULT_RETRY_DELAYS,
        settingNames: { url: 'GARUDUST_URL', api_key: 'GARUDUST_API_KEY' },
      },
    ]);
    const told = load({ env: { ...env, GARUDUST_URL: 'https://agent.example/base/', GARUDUST_API_KEY: 'agent-key' } });
    assert.deepEqual(ownSettings(told.config.agents[0]), {
      type: 'garudust',
      url: 'https://agent.example/base',
      apiKey: 'agent-key',
    });
    assert.equal(told.config.defaultAgent, 'garudust');
  });

  test('in dev it is the demo agent, until GARUDUST_URL names another', () => {
    assert.deepEqual(ownSettings(load({ mode: 'dev' }).config.agents[0]), { type: 'demo' });
    assert.equal(load({ mode: 'dev' }).config.defaultAgent, 'demo');
    const { config } = load({ mode: 'dev', env: { GARUDUST_URL: 'http://127.0.0.1:3001' } });
    assert.deepEqual(ownSettings(config.agents[0]), { type: 'garudust', url: 'http://127.0.0.1:3001' });
    const flagged = load({ mode: 'dev', flags: { garudustUrl: 'http://127.0.0.1:3002' } });
    assert.deepEqual(ownSettings(flagged.config.agents[0]), { type: 'garudust', url: 'http://127.0.0.1:3002' });
  });
});

const FULL = `
clients:
  - id: ci
    require: timestamp
    webhook_secret: ["first, with a comma", whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw]
    api_key: ci-key-1
    callback_secret: ci-callbacks
    allowed_callback_domains: [ci.example.com]
    allowed_user_ids: ["Lovelace, Ada", ci-bot]
    agents: [reviewer]
    callback_headers: { hosts: [CI.example.com, '*.example.org'], headers: { X-Gateway-Key: gateway key } }
    rate_limit: 6000/m
    max_in_flight: 8
  - id: ops
    webhook_secret: ops-secret
agents:
  reviewer: { url: "http://reviewer:3000", api_key: reviewer-key, concurrency: 4, attempt_timeout: 1.5h, total_timeout: 1d, heartbeat_timeout: 45s, max_attempts: 1, max_answer_bytes: 65536, retry_delay: 250ms, retry_delay_at_fault: 5m, retry_delay_unreachable: 2s }
  parrot: { type: demo }
default_agent: parrot
`;

describe('by the file', () => {
  test('clients have what they are given', () => {
    assert.deepEqual(load({ yaml: FULL }).config.clients, [
      {
        id: 'ci',
        require: 'timestamp',
        webhookSecret: ['first, with a comma', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
        apiKey: ['ci-key-1'],
        callbackSecret: ['ci-callbacks'],
        allowedCallbackDomains: ['ci.example.com'],
        allowedUserIds: ['Lovelace, Ada', 'ci-bot'],
        agents: ['reviewer'],
        callbackHeaders: { hosts: ['ci.example.com', '*.example.org'], headers: { 'X-Gateway-Key': 'gateway key' } },
        rateLimit: { count: 6000, windowMs: 60_000 },
        maxInFlight: 8,
        callbackQuestions: false,
      },
      {
        id: 'ops',
        webhookSecret: ['ops-secret'],
        allowedCallbackDomains: [],
        rateLimit: { count: 500, windowMs: 1000 },
        maxInFlight: 100,
        callbackQuestions: false,
      },
    ]);
  });

  test('agents have what they are given, in milliseconds and bytes', () => {
    const { agents, defaultAgent } = load({ yaml: FULL }).config;
    assert.deepEqual(agents[0], {
      name: 'reviewer',
      type: 'garudust',
      url: 'http://reviewer:3000',
      apiKey: 'reviewer-key',
      concurrency: 4,
      attemptTimeout: 1.5 * HOUR,
      totalTimeout: 24 * HOUR,
      queueTimeout: HOUR / 2,
      heartbeatTimeout: 45_000,
      maxAttempts: 1,
      maxAnswerBytes: 65_536,
      ...NO_MEMORY,
      retryDelay: 250,
      retryDelayAtFault: 300_000,
      retryDelayUnreachable: 2_000,
      settingNames: { url: 'agents.reviewer.url', api_key: 'agents.reviewer.api_key' },
    });
    assert.deepEqual(ownSettings(agents[1]), { type: 'demo' });
    assert.equal(defaultAgent, 'parrot');
  });

  test('the default agent is the first one unless named', () => {
    assert.equal(load({ yaml: FULL.replace('default_agent: parrot', '') }).config.defaultAgent, 'reviewer');
  });

  test('the rest keeps its names, in camelCase', () => {
    const { config } = load({
      yaml: `${FULL}
ingress_enabled: false
host: "::"
endpoint_path: /in/voke
admin_host: 127.0.0.1
sdk_metrics_address: "[::1]:9464"
temporal_ui_url: https://temporal.example/ui/
task_queue: other
schedules: { daily: { cron: "@daily", text: Hello } }
limits:
  { body: 64KiB, headers_timeout: 5s, body_timeout: 15s, keep_alive: 620s, max_in_flight: 9, body_budget: 2MiB,
    max_connections: 50, write_timeout: 3s, shutdown_grace: 1s, max_waits: 3, max_waits_per_client: 2, session_queue: 77,
    max_streams: 5, max_streams_per_client: 4, stream_keep_alive: 250ms, stream_stalled_timeout: 2s, lists_per_second: 8,
    lists_burst: 9, lists_per_second_per_client: 6, lists_burst_per_client: 7, lists_reuse: 0s }
callback: { permit_networks: [10.0.0.0/8, "fd00::/8", 192.0.2.7], retry_delays: [], attempt_timeout: 2s, dead_letter: 1d }
worker: { max_concurrent_activities: 7, shutdown_grace: 0s, journal_dir: /var/lib/journal }
log: { level: debug, format: pretty }
`,
    });
    const { clients: _, agents: __, defaultAgent: ___, sources: ____, ...rest } = config;
    assert.deepEqual(rest, {
      mode: 'production',
      ingressEnabled: false,
      host: '::',
      port: 8080,
      endpointPath: '/in/voke',
      adminHost: '127.0.0.1',
      adminPort: 9090,
      sdkMetricsAddress: '[::1]:9464',
      schedules: { daily: { cron: '@daily', timeZone: 'UTC', text: 'Hello', catchUp: 60_000 } },
      limits: {
        body: 65_536,
        headersTimeout: 5000,
        keepAlive: 620_000,
        bodyTimeout: 15_000,
        maxInFlight: 9,
        shutdownGrace: 1000,
        bodyBudget: 2_097_152,
        maxConnections: 50,
        writeTimeout: 3000,
        maxWaits: 3,
        maxWaitsPerClient: 2,
        sessionQueue: 77,
        maxStreams: 5,
        maxStreamsPerClient: 4,
        streamKeepAlive: 250,
        streamStalledTimeout: 2000,
        listsPerSecond: 8,
        listsBurst: 9,
        listsPerSecondPerClient: 6,
        listsBurstPerClient: 7,
        listsReuse: 0,
      },
      callback: {
        permitNetworks: ['10.0.0.0/8', 'fd00::/8', '192.0.2.7/32'],
        retryDelays: [],
        attemptTimeout: 2000,
        deadLetter: 24 * HOUR,
        stopStatuses: [410],
        perHost: 50,
      },
      taskQueue: 'other',
      workflows: {},
      worker: {
        maxConcurrentActivities: 7,
        shutdownGrace: 0,
        journalDir: '/var/lib/journal',
        plugins: [],
        versioning: {},
      },
      payloads: { storeAbove: 262_144 },
      codecServer: { host: '127.0.0.1', port: 8082, origins: [], body: 33_554_432 },
      temporalUiUrl: 'https://temporal.example/ui',
      log: { level: 'debug', format: 'pretty' },
    });
  });
});

test('limits that the ingress has defaults for are the same in the settings', () => {
  const { limits } = load().config;
  const { maxHeaderBytes: _, checkInterval: __, ...server } = DEFAULT_SERVER_LIMITS;
  const defaults = { ...server, ...DEFAULT_LIST_LIMITS, ...DEFAULT_STREAM_LIMITS, ...DEFAULT_WAIT_LIMITS };
  assert.deepEqual({ ...limits, ...defaults }, limits);
  const [agent] = load().config.agents;
  assert.deepEqual({ ...agent, ...DEFAULT_RETRY_DELAYS }, agent);
});

describe('file and environment together', () => {
  test('a variable goes over the client default and the agent garudust of the file', () => {
    const yaml = `clients: [{ id: ci, webhook_secret: ci-secret }, { id: default, webhook_secret: file-secret, api_key: file-key }]
agents: { parrot: { type: demo }, garudust: { url: "http://file" } }`;
    const { config } = load({ yaml, env: { GARUDUST_WEBHOOK_SECRET: 'env-secret', GARUDUST_URL: 'http://env' } });
    assert.deepEqual(
      config.clients.map(({ webhookSecret, apiKey }) => [webhookSecret, apiKey]),
      [
        [['ci-secret'], undefined],
        [['env-secret'], ['file-key']],
      ],
    );
    assert.deepEqual(ownSettings(config.agents[1]), { type: 'garudust', url: 'http://env' });
  });

  test('a variable lets nobody in beside the clients of the file, and warns', () => {
    const yaml =
      'clients: [{ id: ci, webhook_secret: ci-secret, api_key: ci-key-1 }]\nagents: { parrot: { type: demo } }';
    const { config, warnings } = load({ yaml, env: { GARUDUST_WEBHOOK_SECRET: SECRET, GARUDUST_URL: 'http://env' } });
    assert.deepEqual([config.clients.length, config.agents.length], [1, 1]);
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /^GARUDUST_WEBHOOK_SECRET is ignored: it configures the client "default"/);
    assert.match(warnings[1] ?? '', /^GARUDUST_URL is ignored: it configures the agent "garudust"/);
  });

  test('but not where the file itself uses the variable', () => {
    const yaml = 'clients: [{ id: ci, webhook_secret: "${GARUDUST_WEBHOOK_SECRET}", api_key: ci-key-1 }]';
    const { config, warnings } = load({ yaml, env: { GARUDUST_WEBHOOK_SECRET: 'secret-1,secret-2' } });
    assert.deepEqual(config.clients[0]?.webhookSecret, ['secret-1', 'secret-2']);
    assert.deepEqual(warnings, []);
  });
});

test('two clients may have callback secrets and domains in common', () => {
  const yaml = `clients:
  - { id: a, webhook_secret: secret-a, callback_secret: in-common, allowed_callback_domains: a.example }
  - { id: b, webhook_secret: secret-b, callback_secret: in-common, allowed_callback_domains: a.example }`;
  assert.equal(load({ yaml }).config.clients.length, 2);
});

test('one client may repeat a secret of its own, which is harmless', () => {
  assert.equal(
    load({ env: { GARUDUST_WEBHOOK_SECRET: `${SECRET},${SECRET}` } }).config.clients[0]?.webhookSecret.length,
    2,
  );
});

test('what a rotating secret shares with another client is found wherever it stands in the lists', () => {
  const yaml = `clients:
  - { id: a, webhook_secret: [one-secret, shared-secret] }
  - { id: b, webhook_secret: [shared-secret, two-secret] }`;
  assert.match(
    refusal({ yaml }).join(),
    /^clients\[1\]\.webhook_secret .*has a value that clients\[0\]\.webhook_secret also has/,
  );
});

test('the modules take it as it is', () => {
  const { config } = load();
  // What is checked here is checked by the compiler.
  const deps: Pick<AppDeps, 'clients' | 'callback' | 'agents' | 'limits'> = {
    clients: config.clients,
    callback: config.callback,
    limits: { ...config.limits, linger: 0 },
    agents: new Map(config.agents.map((agent) => [agent.name, toAgentPolicy(agent)])),
  };
  assert.equal(deps.agents.size, config.agents.map((agent) => createAgent(agent)).length);
});
