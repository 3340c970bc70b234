import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { startCallbackReceiver } from '../../src/cli/callback-receiver.ts';
import { type CallbackBody, toCallbackBody } from '../../src/protocol/callback-body.ts';
import { type CliResult, type CliRun, startCli } from '../support/run-cli.ts';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';
import { waitFor } from '../support/wait-for.ts';

const RUN_ID = 'run-aaaaaaaaaaaaaaaaaaaaaaaaaa';
const BODY = JSON.stringify(
  toCallbackBody(RUN_ID, { status: 'completed', output: 'All is well.', finishedAt: '2026-11-24T00:00:00.000Z' }),
);
const SECRET = 'alpha-secret';
const ENV = { GARUDUST_WEBHOOK_SECRET: SECRET };

interface Line {
  readonly signature: string;
  readonly webhook_id: string | null;
  readonly attempt: number;
  readonly answered: number;
  readonly path: string;
  readonly body: CallbackBody | null;
}

describe('receive', () => {
  test('prints callbacks as they arrive and answers 204, until it is interrupted', async (t) => {
    const receiver = await startReceiver(t, []);
    assert.equal(await receiver.send(standardHeaders(SECRET, BODY)), 204);
    assert.equal(await receiver.send(hubHeaders(SECRET, BODY), 'hooks/ci'), 204);
    const { code, stdout, stderr } = await receiver.stop();
    assert.equal(code, 0);
    const [first, text, second] = stdout.split('\n');
    assert.match(first ?? '', /^\d\d:\d\d:\d\d {2}run-a{26} completed {2}signature valid, answered 204$/);
    assert.match(text ?? '', /^ +All is well\.$/);
    assert.match(second ?? '', /answered 204, \/hooks\/ci$/);
    assert.match(
      stderr,
      /^Receiving callbacks at http:\/\/127\.0\.0\.1:\d+\/\nA Standard Webhooks library takes whsec_\$\(printf %s "\$GARUDUST_WEBHOOK_SECRET" \| openssl base64 -A\)\n$/,
    );
  });

  test('says what a library takes, and shows no secret that the environment holds', async (t) => {
    const say = async (run: CliRun): Promise<string> => (await (await startReceiver(t, [], run)).stop()).stderr;
    const folder = await mkdtemp(join(tmpdir(), 'receive-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, '.garudust-temporal'));
    const keep = (webhookSecret: string): Promise<void> =>
      writeFile(join(folder, '.garudust-temporal/dev-secrets.json'), JSON.stringify({ default: { webhookSecret } }));
    await keep('whsec_YWxwaGE=');
    assert.match(await say({ cwd: folder }), /library takes whsec_YWxwaGE=\n/);
    await keep('an old secret');
    assert.match(await say({ cwd: folder }), /library takes whsec_YW4gb2xkIHNlY3JldA==\n/);

    const set = await say({ env: { CALLBACK_SECRET: 'whsec_YWxwaGE=' } });
    assert.match(set, /library takes CALLBACK_SECRET as it is\.\n/);
    const several = await say({ env: { CALLBACK_SECRET: 'whsec_YWxwaGE=,an old secret' } });
    assert.match(several, /a secret without whsec_ as: whsec_\$\(printf %s "\$SECRET" \| openssl base64 -A\)\n/);
    assert.doesNotMatch(set + several, /YWxwaGE|an old secret/);
  });

  test('answers 401 to a wrong, a missing and an old signature, and names each', async (t) => {
    const receiver = await startReceiver(t, ['--json']);
    const old = standardHeaders(SECRET, BODY, { timestampS: Math.floor(Date.now() / 1000) - 400 });
    for (const headers of [hubHeaders('other', BODY), {}, old]) assert.equal(await receiver.send(headers), 401);
    const { stdout } = await receiver.stop();
    assert.deepEqual(
      lines(stdout).map(({ signature, answered }) => [signature, answered]),
      [
        ['signature_invalid', 401],
        ['signature_missing', 401],
        ['timestamp_out_of_window', 401],
      ],
    );
  });

  test('fails the first tries, counts them, and ends after enough callbacks', async (t) => {
    const receiver = await startReceiver(t, ['--json', '--fail', '2', '--count', '1']);
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push(await receiver.send(standardHeaders(SECRET, BODY, { id: 'msg_7' })));
    assert.deepEqual(statuses, [500, 500, 204]);
    const { code, stdout } = await receiver.ended;
    assert.equal(code, 0);
    assert.deepEqual(
      lines(stdout).map((line) => [line.webhook_id, line.attempt, line.answered, line.body?.run_id]),
      [
        ['msg_7', 1, 500, RUN_ID],
        ['msg_7', 2, 500, RUN_ID],
        ['msg_7', 3, 204, RUN_ID],
      ],
    );
  });

  test('answers with the status it is told, for good signatures alone', async (t) => {
    const receiver = await startReceiver(t, ['--status', '410']);
    assert.equal(await receiver.send(hubHeaders(SECRET, BODY)), 410);
    assert.equal(await receiver.send({}), 401);
    assert.match((await receiver.stop()).stdout, /answered 410[^]*NOT SIGNED, answered 401/);
  });

  test('holds answers back', async (t) => {
    const receiver = await startReceiver(t, ['--slow', '300ms']);
    const started = performance.now();
    assert.equal(await receiver.send(hubHeaders(SECRET, BODY)), 204);
    assert.ok(performance.now() - started >= 290);
  });

  test('is stopped while it holds answers back, and nothing keeps the process alive', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    let arrived = false;
    const receiver = await startCallbackReceiver({
      port: 0,
      failFirst: 0,
      status: 204,
      delayMs: 3_600_000,
      secrets: () => {
        arrived = true;
        return [SECRET];
      },
      onCallback: () => assert.fail('was answered'),
    });
    const before = timers();
    const answer = fetch(receiver.url, { method: 'POST', body: BODY }).catch(() => 'cut');
    await waitFor('the delivery', () => arrived && timers() > before);
    await receiver.close();
    assert.equal(await answer, 'cut');
    await waitFor('its timer to be gone', () => timers() <= before);
  });

  test('checks by CALLBACK_SECRET where it is set', async (t) => {
    const receiver = await startReceiver(t, [], { env: { ...ENV, CALLBACK_SECRET: 'of-its-own' } });
    assert.equal(await receiver.send(hubHeaders('of-its-own', BODY)), 204);
    assert.equal(await receiver.send(hubHeaders(SECRET, BODY)), 401);
  });

  test('says that nothing is checked without a secret, and finds the one that `dev` makes up later', async (t) => {
    const cwd = await mkdtemp(join(tmpdir(), 'garudust-temporal-'));
    t.after(() => rm(cwd, { recursive: true, force: true }));
    const receiver = await startReceiver(t, ['--json'], { env: {}, cwd });
    assert.equal(await receiver.send({}), 204);
    await mkdir(join(cwd, '.garudust-temporal'));
    const kept = JSON.stringify({ default: { webhookSecret: 'made-up-secret' } });
    await writeFile(join(cwd, '.garudust-temporal', 'dev-secrets.json'), kept);
    assert.equal(await receiver.send({}), 401);
    assert.equal(await receiver.send(hubHeaders('made-up-secret', BODY)), 204);
    const { stdout, stderr } = await receiver.stop();
    assert.deepEqual(
      lines(stdout).map(({ signature }) => signature),
      ['unchecked', 'signature_missing', 'good'],
    );
    assert.match(stderr, /No secret found, so signatures are not verified: set GARUDUST_WEBHOOK_SECRET/);
  });

  test('takes what is no callback, spells out control characters, and refuses other methods', async (t) => {
    const receiver = await startReceiver(t, []);
    const foreign = 'hello';
    assert.equal(await receiver.send(hubHeaders(SECRET, foreign), '', foreign), 204);
    const evil = BODY.replace('All is well.', 'a\\u001b[2Jb');
    assert.equal(await receiver.send(hubHeaders(SECRET, evil), '', evil), 204);
    const newer = BODY.replace('{', '{"extra":1,');
    assert.equal(await receiver.send(hubHeaders(SECRET, newer), '', newer), 204);
    assert.equal((await fetch(receiver.url)).status, 405);
    const { stdout } = await receiver.stop();
    assert.match(stdout, /^\S+ {2}not a callback {2}signature valid, answered 204\n/);
    assert.match(stdout, /\n +a\\x1b\[2Jb\n/);
    assert.equal(stdout.match(/run-a{26} completed/g)?.length, 2);
  });

  test('says when its port is in use', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const address = other.address();
    assert.ok(address !== null && typeof address === 'object');
    const result = await startCli(['receive', '--port', String(address.port)], { env: ENV }).ended;
    assert.deepEqual(result, {
      code: 2,
      stdout: '',
      stderr: `error: Port ${address.port} is in use: choose another with --port, or 0 for a free one.\n`,
    });
  });
});

interface Receiver {
  readonly url: string;
  readonly ended: Promise<CliResult>;
  /** Posts a callback, and resolves with the status of the answer. */
  send(headers: Record<string, string>, path?: string, body?: string): Promise<number>;
  /** Interrupts it. */
  stop(): Promise<CliResult>;
}

async function startReceiver(t: TestContext, args: readonly string[], run: CliRun = { env: ENV }): Promise<Receiver> {
  const interrupt = new AbortController();
  const cli = startCli(['receive', '--port', '0', ...args], { ...run, interrupted: interrupt.signal });
  const stop = (): Promise<CliResult> => {
    interrupt.abort();
    return cli.ended;
  };
  t.after(stop);
  const find = (): string | undefined => /http:\S+/.exec(cli.written.stderr)?.[0];
  await waitFor('the receiver', () => find() !== undefined);
  const url = find() ?? '';
  return {
    url,
    ended: cli.ended,
    send: async (headers, path = '', body = BODY) =>
      (await fetch(url + path, { method: 'POST', headers, body })).status,
    stop,
  };
}

function lines(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
