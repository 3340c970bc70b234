import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { load, refusal, SECRET } from './load.ts';

const ARTICLE = `webhook_adapter:
  enabled: true
  listen_port: 8081
  endpoint_path: "/invoke"
  hmac_secret: "\${GARUDUST_WEBHOOK_SECRET}"
  allowed_callback_domains: ["ops.internal.example.com", "ci.example.com"]
`;
const env = { GARUDUST_WEBHOOK_SECRET: SECRET };

describe("the article's block", () => {
  test('works as it stands there', () => {
    const { config, warnings } = load({ yaml: ARTICLE, env: { ...env, RUNS_API_KEY: 'key-number-1' } });
    assert.deepEqual([config.ingressEnabled, config.port, config.endpointPath], [true, 8081, '/invoke']);
    assert.deepEqual(config.clients, [
      {
        id: 'default',
        webhookSecret: [SECRET],
        apiKey: ['key-number-1'],
        allowedCallbackDomains: ['ops.internal.example.com', 'ci.example.com'],
        rateLimit: { count: 500, windowMs: 1000 },
        maxInFlight: 100,
        callbackQuestions: false,
      },
    ]);
    assert.deepEqual(warnings, []);
  });

  test('goes with other settings of the file', () => {
    const { config } = load({ yaml: `${ARTICLE}admin_port: 9191\nagents: { parrot: { type: demo } }`, env });
    assert.equal(config.adminPort, 9191);
    assert.equal(config.defaultAgent, 'parrot');
  });

  test('gives way to the environment and to flags', () => {
    const { config } = load({ yaml: ARTICLE, env: { ...env, PORT: '1' }, flags: { port: '2' } });
    assert.equal(config.port, 2);
    assert.equal(load({ yaml: ARTICLE, env: { ...env, PORT: '1' } }).config.port, 1);
  });

  test('may leave the secret to the environment', () => {
    const yaml = 'webhook_adapter: { listen_port: 8081 }';
    assert.deepEqual(load({ yaml, env }).config.clients[0]?.webhookSecret, [SECRET]);
  });

  test('switched off takes no webhooks', () => {
    assert.equal(load({ yaml: ARTICLE.replace('true', 'false'), env }).config.ingressEnabled, false);
  });

  test('without anything in it says nothing', () => {
    assert.equal(load({ yaml: 'webhook_adapter:\n', env }).config.port, 8080);
  });
});

describe('is refused, by the words of the file,', () => {
  const cases: [string, string, RegExp[]][] = [
    [
      'beside the same setting',
      `${ARTICLE}port: 8080`,
      [/^webhook_adapter\.listen_port \(garudust-temporal\.yaml line 3\) and port configure the same thing: keep one/],
    ],
    [
      'beside clients, which say who may call',
      `${ARTICLE}clients: [{ id: ci, webhook_secret: another-secret }]`,
      [
        /^webhook_adapter\.hmac_secret .* and clients configure the same thing/,
        /^webhook_adapter\.allowed_callback_domains .* and clients configure the same thing/,
      ],
    ],
    [
      'with a mistyped key',
      ARTICLE.replace('hmac_secret', 'hmac_secrte'),
      [/^webhook_adapter\.hmac_secrte .*line 5\) is not a key of webhook_adapter: did you mean hmac_secret\?/],
    ],
    [
      'with an unknown key',
      `${ARTICLE}  verify: false`,
      [/^webhook_adapter\.verify .*is not a key of webhook_adapter: use one of enabled,/],
    ],
    [
      'with a bad value',
      ARTICLE.replace('8081', 'web'),
      [/^webhook_adapter\.listen_port \(garudust-temporal\.yaml line 3\): "web" is not a port/],
    ],
    [
      'with a bad domain',
      ARTICLE.replace('ci.ex', 'https://ci.ex'),
      [/^webhook_adapter\.allowed_callback_domains .*"https:/],
    ],
    ['as a text', 'webhook_adapter: on', [/^webhook_adapter .* must be a block of settings: indent its keys below it/]],
  ];
  for (const [name, yaml, messages] of cases) {
    test(name, () => {
      const lines = refusal({ yaml, env });
      assert.equal(lines.length, messages.length, lines.join('\n'));
      for (const [index, message] of messages.entries()) assert.match(lines[index] ?? '', message);
    });
  }

  test('with a variable that is not set', () => {
    assert.deepEqual(refusal({ yaml: ARTICLE }), [
      'webhook_adapter.hmac_secret (garudust-temporal.yaml line 5): the environment variable GARUDUST_WEBHOOK_SECRET is not set: set it, or write the value in the file.',
    ]);
  });

  test('with a secret that is too short', () => {
    const lines = refusal({ yaml: ARTICLE, env: { GARUDUST_WEBHOOK_SECRET: 'short' } });
    assert.match(
      lines.join(),
      /^clients\[0\]\.webhook_secret \(GARUDUST_WEBHOOK_SECRET in the environment\) has a value shorter than 8/,
    );
  });
});
