import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ConfigError } from '../../src/config/config-error.ts';
import { describeConfig } from '../../src/config/describe-config.ts';
import { load, type LoadInput } from './load.ts';

/** Everything that a person or a log may get to see of a start. */
function everythingShown(input: LoadInput): string {
  try {
    const loaded = load(input);
    return JSON.stringify([describeConfig(loaded), loaded.warnings]);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return JSON.stringify([error.message, error.problems, error.stack, String(error.cause)]);
  }
}

const secret = fc.stringMatching(/^[A-Za-z0-9]{6}[A-Za-z0-9!#$%&*+./:;<=>?^_~-]{6,30}$/);
const secrets = fc.record({
  hook: secret,
  key: secret,
  callback: secret,
  header: secret,
  agent: secret,
  source: secret,
});
const runs = { numRuns: 30 };
type Secrets = { readonly [K in 'hook' | 'key' | 'callback' | 'header' | 'agent' | 'source']: string };

/** A whole file; `extra` may break it. */
function file(own: Secrets, extra: string): string {
  const text = (value: string): string => JSON.stringify(value);
  return `clients:
  - id: ci
    webhook_secret: [${text(own.hook)}]
    api_key: [${text(own.key)}]
    callback_secret: [${text(own.callback)}]
    callback_headers: { hosts: [a.example.com], headers: { X-Key: ${text(own.header)} } }
agents: { garudust: { api_key: ${text(own.agent)} } }
${extra}
`;
}

function assertHidden(shown: string, own: Secrets): void {
  for (const [name, value] of Object.entries(own)) {
    // Any piece of it that is long enough to help.
    assert.ok(!shown.includes(value.slice(0, 6)), `${name} is shown: ${shown}`);
  }
}

describe('no secret is shown', () => {
  test('of a good configuration, in the description or in warnings', () => {
    fc.assert(
      fc.property(secrets, (own) => assertHidden(everythingShown({ yaml: file(own, '') }), own)),
      runs,
    );
  });

  test('of the environment, good or bad', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom('', 'x'), (own, PORT) => {
        const env = {
          GARUDUST_WEBHOOK_SECRET: `${own.hook},${own.source}`,
          RUNS_API_KEY: own.key,
          CALLBACK_SECRET: own.callback,
          GARUDUST_API_KEY: own.agent,
          PORT,
        };
        assertHidden(everythingShown({ env }), own);
        assertHidden(everythingShown({ env, mode: 'dev' }), own);
      }),
      runs,
    );
  });

  const breaks: [string, (own: Secrets) => string][] = [
    ['something else is wrong', () => 'port: web'],
    ['a second client has the same', (own) => `webhook_adapter: { hmac_secret: "${own.source}" }`],
    ['its key is mistyped', (own) => `hmac_secrt: "${own.source}"`],
    ['the colon has no space', (own) => `{webhook_secret:${own.source.replace(/[^A-Za-z0-9]/g, '')}: }`],
    ['it stands one line too high', (own) => `callback: "${own.source}"`],
    ['a quote is missing', (own) => `task_queue: "${own.source}`],
    ['the indentation is wrong', (own) => `log:\n   level: info\n  format: "${own.source}"`],
    ['it is an alias', (own) => `task_queue: *${own.source.replace(/[^A-Za-z0-9]/g, '')}`],
    ['it is a tag', (own) => `task_queue: !${own.source.replace(/[^A-Za-z0-9]/g, '')} a`],
    ['it stands in a URL', (own) => `temporal_ui_url: "http://user:${own.source}@host/"`],
    ['it stands in a query', (own) => `temporal_ui_url: "http://host/?token=${own.source}"`],
    ['it stands in a broken URL', (own) => `temporal_ui_url: "http:user:${own.source}@host"`],
    ['it stands in the braces of a variable', (own) => `task_queue: "\${${own.source}-}"`],
    ['it is a header beside the hosts', (own) => `callback: { callback_headers: { hosts: [a], "${own.source}": a } }`],
    ['it is a bad header', (own) => `callback: { callback_headers: { "X Y": "${own.source}" } }`],
  ];
  for (const [name, extra] of breaks) {
    test(`when ${name}`, () => {
      fc.assert(
        fc.property(secrets, (own) => assertHidden(everythingShown({ yaml: file(own, extra(own)) }), own)),
        runs,
      );
    });
  }

  const spoiled: [string, (secret: string) => string][] = [
    ['has a space at its end', (value) => `${value} `],
    ['has a line end in it', (value) => `${value}\n${value}`],
    ['is a broken whsec_', (value) => `whsec_${value}!`],
    ['is a key of a key pair', (value) => `whsk_${value}`],
    ['has an umlaut', (value) => `${value}ü`],
  ];
  for (const [name, spoil] of spoiled) {
    test(`that ${name}`, () => {
      fc.assert(
        fc.property(secrets, (own) => {
          const bad = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, spoil(value)])) as Secrets;
          assertHidden(everythingShown({ yaml: file(bad, '') }), own);
          assertHidden(everythingShown({ yaml: file(bad, 'port: web') }), own);
        }),
        runs,
      );
    });
  }

  test('that a variable brings to where no secret belongs', () => {
    fc.assert(
      fc.property(secrets, (own) => {
        const extra = 'port: "${S}"\ndefault_agent: "${S}x y"\nlog: { level: "${S}" }\nlimits: "${S}"';
        assertHidden(everythingShown({ yaml: file(own, extra), env: { S: own.source } }), own);
      }),
      runs,
    );
  });
});
