import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { load } from './load.ts';

const YAML = `prot: 8080
port: web
clients:
  - id: ci
    webhook_secret: "\${CI_SECRET}"
  - id: ci
    webhook_secret: shared-secret
    api_key: [fine-key-1, "bad key"]
  - id: ops
    webhook_secret: shared-secret
agents:
  slow:
    attempt_timeout: 2h
    max_attempts: many
default_agent: oracle
webhook_adapter:
  listen_port: 8081
`;

test('one error tells everything that is wrong, in all layers, each once', () => {
  const input = { yaml: YAML, env: { ADMIN_PORT: 'admin' }, flags: { logLevel: 'loud' } };
  assert.throws(
    () => load(input),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(
        error.message,
        [
          'The configuration has 12 errors:',
          '- clients[0].webhook_secret (garudust-temporal.yaml line 5): the environment variable CI_SECRET is not set: set it, or write the value in the file.',
          '- webhook_adapter.listen_port (garudust-temporal.yaml line 17) and port configure the same thing: keep one of them.',
          '- port (garudust-temporal.yaml line 2): "web" is not a port: write a whole number from 0 to 65535.',
          '- admin_port (ADMIN_PORT in the environment): "admin" is not a port: write a whole number from 0 to 65535.',
          '- clients[1].api_key (garudust-temporal.yaml line 8): entry 2 contains a space or a character that no header can carry: use visible ASCII characters.',
          '- agents.slow.max_attempts (garudust-temporal.yaml line 14): "many" is not a number: write a whole number from 1 to 100.',
          '- log.level (--log-level): "loud" is not supported: use one of trace, debug, info, warn, error, silent.',
          '- prot (garudust-temporal.yaml line 1) is not a setting: did you mean port?',
          '- clients[1].id (garudust-temporal.yaml line 6) is the same as clients[0].id: each client needs its own id.',
          '- clients[2].webhook_secret (garudust-temporal.yaml line 10) has a value that clients[1].webhook_secret also has: give each client its own.',
          '- agents.slow.total_timeout (garudust-temporal.yaml line 12) is 1h, shorter than attempt_timeout (2h): raise it to at least 2h, or lower attempt_timeout.',
          '- default_agent (garudust-temporal.yaml line 15) names the agent "oracle", which is not defined: use one of slow.',
        ].join('\n'),
      );
      return true;
    },
  );
});

test('a single fault is called an error', () => {
  assert.throws(
    () => load({ env: {} }),
    /^ConfigError: The configuration has an error:\n- clients\[0\]\.webhook_secret is missing/,
  );
});
