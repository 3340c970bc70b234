import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { load, refusal, SECRET, temporaryFolder } from './load.ts';

const CLIENTS = `clients: [{ id: ci, webhook_secret: ${SECRET} }]\n`;

describe('${NAME} in the file', () => {
  test('is taken from the environment, anywhere in a value', () => {
    const yaml = `${CLIENTS}task_queue: \${STAGE}-garudust-\${REGION}\nport: "\${SOME_PORT}"\n`;
    const { config } = load({ yaml, env: { STAGE: 'test', REGION: 'eu', SOME_PORT: '1234' } });
    assert.equal(config.taskQueue, 'test-garudust-eu');
    assert.equal(config.port, 1234);
  });

  test('is not looked for in what a variable holds', () => {
    const yaml = 'clients: [{ id: ci, webhook_secret: "${OUTER}" }]';
    const secret = 'x${INNER}-and-more';
    assert.deepEqual(load({ yaml, env: { OUTER: secret, INNER: 'inner' } }).config.clients[0]?.webhookSecret, [secret]);
  });

  test('can be written as such', () => {
    const yaml = 'clients: [{ id: ci, webhook_secret: "pa$$word-$${NAME}" }]';
    assert.deepEqual(load({ yaml }).config.clients[0]?.webhookSecret, ['pa$$word-${NAME}']);
  });

  test('fails by the name of the variable that is not set, and by nothing else', () => {
    const yaml = 'clients:\n  - id: ci\n    webhook_secret: "${CI_SECRET}"\nport: "${CI_PORT}"';
    assert.deepEqual(refusal({ yaml }), [
      'clients[0].webhook_secret (garudust-temporal.yaml line 3): the environment variable CI_SECRET is not set: set it, or write the value in the file.',
      'port (garudust-temporal.yaml line 4): the environment variable CI_PORT is not set: set it, or write the value in the file.',
    ]);
  });

  test('fails where an empty variable would lift a limit', () => {
    const yaml = `clients: [{ id: ci, webhook_secret: ${SECRET}, allowed_callback_domains: "\${DOMAINS}" }]`;
    assert.match(refusal({ yaml, env: { DOMAINS: '' } }).join(), /allowed_callback_domains .*has no entries/);
  });

  for (const text of ['${CI-PORT}', '${CI_PORT:-80}', '${CI_PORT', '${}']) {
    test(`fails when it is written ${text}`, () => {
      const [line = '', ...rest] = refusal({ yaml: `${CLIENTS}endpoint_path: "${text}"`, env: { CI_PORT: '1' } });
      assert.deepEqual(rest, []);
      assert.match(line, /^endpoint_path \(garudust-temporal\.yaml line 2\): only \$\{NAME\} is supported/);
    });
  }

  test('shows in an error as the file has it, not as what it stood for', () => {
    const [line] = refusal({ yaml: `${CLIENTS}port: "\${CI_PORT}"`, env: { CI_PORT: 'hidden-value' } });
    assert.match(line ?? '', /line 2\): "\$\{CI_PORT\}" is not a port/);
  });
});

describe('a file that can not be judged is refused, alone, when it', () => {
  const cases: [string, string, RegExp][] = [
    ['has an unclosed quote', 'host: "a', /line 1 is not valid YAML: a quote, bracket or comma is missing/],
    ['is indented by tabs', 'log:\n\tlevel: info', /line 2 is not valid YAML: indent with spaces/],
    ['has a key twice', 'port: 1\nport: 2', /line 2 is not valid YAML: a key appears twice/],
    ['has two documents', 'port: 1\n---\nport: 2', /keep one document only/],
    ['has an alias without anchor', 'port: *port', /is not valid YAML: an alias/],
    ['has an unknown tag', 'port: !secret a', /line 1 is not valid YAML: put text that starts with !/],
    ['is a list', '- port: 1', /is not a block of settings: write one "name: value" per line/],
    ['is a text', 'port=1', /is not a block of settings/],
  ];
  for (const [name, yaml, message] of cases) {
    test(name, () => {
      const lines = refusal({ yaml });
      assert.ok(lines.every((line) => line.startsWith('garudust-temporal.yaml')));
      assert.match(lines.join('\n'), message);
    });
  }

  test('is not there', (t) => {
    const lines = refusal({ cwd: temporaryFolder(t), env: {}, flags: { config: 'nowhere.yaml' } });
    assert.deepEqual(lines, ["nowhere.yaml can't be read (ENOENT): correct the path or its permissions."]);
  });

  test('is a folder', (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'garudust-temporal.yaml'));
    assert.match(refusal({ cwd: folder, env: {} }).join(), /can't be read \(EISDIR\)/);
  });
});

test('a file that can not be judged does not hide what is wrong elsewhere', () => {
  const lines = refusal({ yaml: '- 1', env: { PORT: 'x' }, flags: { logLevel: 'y' } });
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['garudust-temporal.yaml', 'port', 'log.level'],
  );
});

test('an empty file is a file without settings', () => {
  assert.equal(load({ yaml: '# nothing yet\n', env: { GARUDUST_WEBHOOK_SECRET: SECRET } }).config.port, 8080);
});

test('anchors and aliases work', () => {
  const yaml = `${CLIENTS}agents:\n  one: &slow { type: demo, attempt_timeout: 20m }\n  two: *slow\n`;
  assert.deepEqual(
    load({ yaml }).config.agents.map(({ attemptTimeout }) => attemptTimeout),
    [1_200_000, 1_200_000],
  );
});
