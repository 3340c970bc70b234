import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { reportMissingTool } from '../support/missing-tool.ts';
import { runCli } from '../support/run-cli.ts';
import { standardHeaders } from '../support/signed-headers.ts';
import { startTestIngress } from '../support/test-ingress.ts';

// GitHub, "Validating webhook deliveries".
const GITHUB_ENV = { GARUDUST_WEBHOOK_SECRET: "It's a Secret to Everybody" };
const GITHUB_BODY = 'Hello, World!';
const GITHUB_LINE = 'X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\n';

// The test vector of the Standard Webhooks libraries.
const STANDARD_ENV = { GARUDUST_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };
const STANDARD_ARGS = ['--id', 'msg_p5jXN8AQM9LWM0D4loKWxJek', '--timestamp', '1614265330'];

describe('sign', () => {
  test('prints the published header for the bytes of stdin and of a file', async (t) => {
    const folder = await makeFolder(t);
    await writeFile(join(folder, 'body'), GITHUB_BODY);
    const expected = { code: 0, stdout: GITHUB_LINE, stderr: '' };
    assert.deepEqual(await runCli(['sign'], { env: GITHUB_ENV, stdin: GITHUB_BODY }), expected);
    assert.deepEqual(await runCli(['sign', '-'], { env: GITHUB_ENV, stdin: GITHUB_BODY }), expected);
    assert.deepEqual(await runCli(['sign', 'body'], { env: GITHUB_ENV, cwd: folder }), expected);
  });

  test('prints the published trio of Standard Webhooks', async () => {
    const { stdout } = await runCli(['sign', ...STANDARD_ARGS], { env: STANDARD_ENV, stdin: '{"test": 2432232314}' });
    assert.equal(
      stdout,
      'webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\n' +
        'webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n',
    );
  });

  test('signs bytes that are no text, with every secret while rotating, now and by a new id', async () => {
    const body = Buffer.from([0, 255, 10, 13]);
    const env = { GARUDUST_WEBHOOK_SECRET: 'first-secret,second-secret' };
    const run = () => runCli(['sign', '--standard-webhooks'], { env, stdin: body });
    const headers = new Map((await run()).stdout.split('\n').map((line) => line.split(': ') as [string, string]));
    const id = headers.get('webhook-id') ?? '';
    const timestampS = Number(headers.get('webhook-timestamp'));
    assert.ok(Math.abs(timestampS - Date.now() / 1000) < 60);
    const expected = ['first-secret', 'second-secret'].map(
      (secret) => standardHeaders(secret, body, { id, timestampS })['webhook-signature'],
    );
    assert.equal(headers.get('webhook-signature'), expected.join(' '));
    assert.doesNotMatch((await run()).stdout, new RegExp(id));
  });

  const bodies: [string, string][] = [
    ['plain', '{"text":"hi"}'],
    ['quotes, spaces and umlauts', `{"text":"it's \\"über\\" $HOME \`x\` \\\\ !"}\n`],
    ['a leading @', '@not-a-file'],
  ];
  for (const [what, body] of bodies) {
    test(`prints a curl line that a server accepts: ${what}`, async (t) => {
      if (!(await hasCurl())) return reportMissingTool('curl', 'that the lines of sign --curl are accepted');
      const ingress = await startTestIngress(t);
      const folder = await makeFolder(t);
      await writeFile(join(folder, "a 'b.json"), body);
      const env = { GARUDUST_WEBHOOK_SECRET: 'alpha-secret' };
      const curl = ['--curl', `${ingress.url}/webhook`];
      const lines = [
        await runCli(['sign', ...curl], { env, stdin: body }),
        await runCli(['sign', "a 'b.json", '--standard-webhooks', ...curl], { env, cwd: folder }),
      ];
      for (const { stdout, code } of lines) {
        assert.equal(code, 0);
        const { stdout: answer } = await promisify(execFile)('sh', ['-c', stdout], { cwd: folder });
        // Whoever is not signed is told so before anything is read.
        assert.match(answer, body.startsWith('{') ? /"status":"queued"/ : /malformed_json/);
      }
    });
  }

  test('refuses what it can not sign, or print, with 2', async (t) => {
    const folder = await makeFolder(t);
    const missing = await runCli(['sign', 'missing'], { env: GITHUB_ENV, cwd: folder });
    assert.deepEqual(
      [missing.code, missing.stderr],
      [2, 'error: missing is not readable (ENOENT): give a file, or - for stdin.\n'],
    );
    assert.match((await runCli(['sign'])).stderr, /^error: No webhook secret found/);
    const binary = await runCli(['sign', '--curl', 'http://127.0.0.1/'], {
      env: GITHUB_ENV,
      stdin: Buffer.from([0, 255]),
    });
    assert.deepEqual([binary.code, binary.stdout], [2, '']);
    assert.match(binary.stderr, /^error: The body is too long or not text/);
    const id = await runCli(['sign', '--id', 'two words'], { env: GITHUB_ENV, stdin: 'x' });
    assert.match(id.stderr, /^error: webhook-id "two words" must be visible ASCII/);
    const time = await runCli(['sign', '--timestamp', 'now'], { env: GITHUB_ENV, stdin: 'x' });
    assert.match(time.stderr, /It is not a timestamp in seconds/);
  });
});

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function hasCurl(): Promise<boolean> {
  return promisify(execFile)('curl', ['--version']).then(
    () => true,
    () => false,
  );
}
