import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { PRESETS } from '../../src/sources/presets.ts';
import { load } from '../config/load.ts';
import { runCli } from '../support/run-cli.ts';

const BODY = '{"type":"it", "id":"evt_1"}';
const SETTINGS = `
clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]
agents: { demo: { type: demo } }
sources:
  stripe: { preset: stripe, secret: stripe-secret }
  other: { preset: stripe, secret: other-secret }
  later: { preset: stripe, secret: "\${NOBODY_HAS_SET_THIS}" }
`;

/** A delivery that was recorded years ago. */
function signed(body: string, secret = 'stripe-secret'): string {
  const at = 1_533_204_620;
  return `Stripe-Signature: t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}

async function judge(t: Pick<TestContext, 'after'>, name: string, header: string, body = BODY): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-sources-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'garudust-temporal.yaml'), SETTINGS);
  const { code, stderr } = await runCli(['sources', 'test', name, '-', '--header', header], {
    cwd: folder,
    stdin: body,
  });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /-secret/);
  return stderr;
}

describe('sources test says of a signature', () => {
  for (const [what, name, header, body, expected] of [
    ['that it is valid, however old', 'stripe', signed(BODY), BODY, /^The signature is valid\.$/m],
    ['nothing where there is none', 'stripe', 'X-Any: 1', BODY, /^$/],
    ['that it is not checked without a secret', 'later', signed(BODY), BODY, /is not checked: the secret/],
    [
      'that an editor added a line break',
      'stripe',
      signed(BODY),
      `${BODY}\n`,
      /line break at its end that was not sent/,
    ],
    ['that the JSON was written anew', 'stripe', signed('{"type":"it","id":"evt_1"}'), BODY, /written anew/],
    ['whose secret it is', 'stripe', signed(BODY, 'other-secret'), BODY, /signed with the secret of the source other/],
    ['what is signed', 'stripe', signed('else'), BODY, /does not match: check the secret[^]+\{timestamp\}\.\{body\}/],
  ] as const) {
    test(what, async (t) => assert.match(await judge(t, name, header, body), expected));
  }
});

describe('sources add prints a block that can be read as it stands:', () => {
  for (const name of Object.keys(PRESETS)) {
    test(name, async () => {
      const { code, stdout } = await runCli(['sources', 'add', name]);
      assert.equal(code, 0);
      const names = [...stdout.matchAll(/\$\{(\w+)\}/g)].map(([, variable = '']) => variable);
      const env = Object.fromEntries(names.map((variable) => [variable, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']));
      const yaml = `public_url: https://agents.example.com\nclients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\n${stdout}`;
      assert.deepEqual([...load({ yaml, env }).config.sources.keys()], [name]);
    });
  }

  test('and names the nearest preset for a mistyped one', async () => {
    const { code, stderr } = await runCli(['sources', 'add', 'stirpe']);
    assert.equal(code, 2);
    assert.match(stderr, /did you mean stripe\?/);
  });
});
