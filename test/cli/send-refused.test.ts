import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CLI_KEYS, QUEUED_RUN, startCliIngress } from '../support/cli-ingress.ts';
import { startHttpServer } from '../support/http-server.ts';
import { runCli } from '../support/run-cli.ts';

describe('send, when it is refused', () => {
  test('says once which variable is wrong, where its value came from, and never the value', async (t) => {
    const { env, ingress } = await startCliIngress(t);
    const result = await runCli(['send', 'hi'], { env: { ...env, GARUDUST_WEBHOOK_SECRET: 'some-other-secret' } });
    assert.equal(result.code, 4);
    assert.equal(
      result.stderr,
      `error: ${ingress.url} rejected the signature: GARUDUST_WEBHOOK_SECRET must be a webhook secret of that server; the one in GARUDUST_WEBHOOK_SECRET is not. (signature_invalid)\n`,
    );
    const byKey = await runCli(['send', 'hi', '--wait'], { env: { ...env, RUNS_API_KEY: 'some-other-key' } });
    assert.equal(byKey.code, 4);
    assert.match(byKey.stderr, /RUNS_API_KEY must be an API key of that server/);
    assert.doesNotMatch(byKey.stderr + result.stderr, /some-other/);
  });

  test("tells the server's own reason in one line", async (t) => {
    const { env } = await startCliIngress(t);
    const result = await runCli(['send', 'hi', '--callback', 'http://ops.example.com/'], { env });
    assert.equal(result.code, 4);
    assert.match(
      result.stderr,
      /^error: The callback address is not permitted: callback_url: [^\n]+ \(callback_url_refused\)\n$/,
    );
  });

  test('sends neither key nor task on to where a redirect points, and knows a server of another kind', async (t) => {
    let followed = false;
    const target = await startHttpServer(t, (_req, res) => void ((followed = true), res.end()));
    const redirecting = await startHttpServer(t, (_req, res) => res.writeHead(307, { location: target }).end());
    const redirected = await runCli(['send', 'hi', '--url', redirecting], { env: CLI_KEYS });
    assert.equal(redirected.code, 4);
    assert.match(redirected.stderr, /answered 307 without a problem document/);
    assert.equal(followed, false);

    const other = await startHttpServer(t, (_req, res) => res.end('<html>hello</html>'));
    const result = await runCli(['send', 'hi', '--url', other], { env: CLI_KEYS });
    assert.match(
      result.stderr,
      /^error: http:\/\/127\.0\.0\.1:\d+ answered with something other than a run: [^\n]+\n$/,
    );
    assert.equal(result.code, 4);
  });

  test('takes a run with fields of a newer server', async (t) => {
    const newer = { ...QUEUED_RUN, cost: 3, agent: { name: 'demo', model: 'm' } };
    const url = await startHttpServer(t, (_req, res) => res.writeHead(202).end(JSON.stringify(newer)));
    const result = await runCli(['send', 'hi', '--json', '--url', url], { env: CLI_KEYS });
    assert.equal(result.code, 0);
    assert.deepEqual(JSON.parse(result.stdout), newer);
  });
});

describe('send, before anything is sent', () => {
  const cases: [string, string[], Record<string, string>, RegExp][] = [
    ['an empty text', ['send', ' '], CLI_KEYS, /^error: The task is empty/],
    ['no secret', ['send', 'hi'], {}, /^error: No webhook secret found: set GARUDUST_WEBHOOK_SECRET/],
    ['no key to wait with', ['send', 'hi', '--wait'], { GARUDUST_WEBHOOK_SECRET: 'alpha-secret' }, /set RUNS_API_KEY/],
    [
      'a secret that is none',
      ['send', 'hi'],
      { GARUDUST_WEBHOOK_SECRET: 'whsec_???' },
      /^error: GARUDUST_WEBHOOK_SECRET: the value starts with whsec_, but the rest is not base64/,
    ],
    [
      'an address that is none',
      ['send', 'hi', '--url', 'localhost:8080'],
      CLI_KEYS,
      /^error: --url "localhost:8080" is not an http\(s\) URL/,
    ],
    [
      'an address with a password',
      ['send', 'hi'],
      { ...CLI_KEYS, GARUDUST_TEMPORAL_URL: 'http://u:secret-p@h/' },
      /^error: GARUDUST_TEMPORAL_URL may only have a scheme, host, port and path[^\n]*\n$/,
    ],
    [
      'a key that can not be one',
      ['send', 'hi', '--idempotency-key', 'a b'],
      CLI_KEYS,
      /^error: The task can't be signed: webhook-id "a b" must be/,
    ],
    ['a duration without a unit', ['send', 'hi', '--timeout', '5'], CLI_KEYS, /It has no unit: write 5s/],
    ['an option that is none', ['send', 'hi', '--sesion', 'x'], CLI_KEYS, /Did you mean --session\?/],
  ];
  for (const [what, args, env, message] of cases) {
    test(`refuses ${what} with 2`, async (t) => {
      const { ingress } = await startCliIngress(t);
      const result = await runCli(args, { env: { GARUDUST_TEMPORAL_URL: ingress.url, ...env } });
      assert.equal(result.code, 2);
      assert.match(result.stderr, message);
      assert.doesNotMatch(result.stderr, /secret-p|whsec_\?|\n {4}at /);
      assert.deepEqual([result.stdout, ingress.runs.started.length], ['', 0]);
    });
  }

  test('takes the secrets that `dev` made up in this folder, for a server on this machine alone', async (t) => {
    const { ingress } = await startCliIngress(t);
    const cwd = await mkdtemp(join(tmpdir(), 'garudust-temporal-'));
    t.after(() => rm(cwd, { recursive: true, force: true }));
    await mkdir(join(cwd, '.garudust-temporal'));
    const kept = { other: { apiKey: 'x' }, default: { webhookSecret: 'alpha-secret', apiKey: 'alpha-key' } };
    await writeFile(join(cwd, '.garudust-temporal', 'dev-secrets.json'), JSON.stringify(kept));
    const result = await runCli(['send', 'hi'], { cwd, env: { GARUDUST_TEMPORAL_URL: ingress.url } });
    assert.equal(result.code, 0);
    const elsewhere = await runCli(['send', 'hi', '--url', 'https://agents.example.com'], { cwd });
    assert.match(elsewhere.stderr, /^error: No webhook secret found/);
    await writeFile(join(cwd, '.garudust-temporal', 'dev-secrets.json'), '{"half":');
    assert.equal((await runCli(['send', 'hi'], { cwd })).code, 2);
  });
});
