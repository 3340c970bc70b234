import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { ApiError } from '../../src/cli/api-error.ts';
import { followRun } from '../../src/cli/follow-run.ts';
import { createProgress } from '../../src/cli/show/progress.ts';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { randomRunId } from '../../src/contract/run-id.ts';
import { runResource, type RunResource } from '../../src/protocol/run-resource.ts';
import { CLI_KEYS, QUEUED_RUN } from '../support/cli-ingress.ts';
import { startHttpServer } from '../support/http-server.ts';
import { cliIo, type CliResult, runCli, type RunningCli, startCli } from '../support/run-cli.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const MINUTE = 60_000;

describe('runs delete', () => {
  test('deletes a run that has ended, and says why it does not delete another', async (t) => {
    const { ingress, id, cli } = await startWithRun(t);
    const open = await cli('delete', id);
    assert.deepEqual([open.code, open.stdout], [4, '']);
    assert.match(open.stderr, /^error: The run is still open: The run has not ended: cancel it\. \(run_open\)\n$/);
    ingress.runs.update(id, { status: 'completed', terminal: true });
    assert.deepEqual(await cli('delete', id), { code: 0, stdout: `Deleted ${id}.\n`, stderr: '' });
    const gone = await cli('delete', id);
    assert.equal(gone.code, 4);
    assert.match(gone.stderr, /\(not_found\)\n$/);
  });
});

describe('runs get', () => {
  test('shows what is known, aligned, and times from now', async (t) => {
    const { ingress, id, cli } = await startWithRun(t);
    const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
    ingress.runs.update(id, {
      status: 'running',
      agent: { name: 'demo', attempt: 2, max_attempts: 3, last_error: 'The agent was silent.', progress: 'step 4' },
      callback: { status: 'pending', url: 'https://ci.example.com/done' },
      session_key: 's1',
      user_id: 'u1',
      delivery_id: 'd1',
      metadata: { env: 'prod', team: 'x' },
      source: 'webhook',
      created_at: ago(3.5 * MINUTE),
      links: { self: `/v1/runs/${id}`, temporal_ui: 'http://localhost:8233/x' },
    });
    const running = await cli('get', id);
    assert.equal(
      running.stdout,
      [
        id,
        '  status      running',
        '  task        hi',
        '  agent       demo, attempt 2 of 3',
        '  progress    step 4',
        '  last error  The agent was silent.',
        '  callback    pending to https://ci.example.com/done',
        '  session     s1',
        '  user        u1',
        '  source      webhook',
        '  delivery    d1',
        '  metadata    env=prod, team=x',
        '  created     3 minutes ago',
        '  Temporal UI http://localhost:8233/x',
        '',
      ].join('\n'),
    );
    assert.deepEqual([running.code, running.stderr], [0, '']);

    ingress.runs.update(id, {
      status: 'completed',
      terminal: true,
      output: 'line one\n  line two',
      agent: { name: 'demo' },
      callback: { status: 'delivered', url: 'https://ci.example.com/done', attempts: 2, delivered_at: ago(2 * MINUTE) },
      usage: { input_tokens: 120, output_tokens: 350 },
      started_at: ago(3 * MINUTE),
      finished_at: ago(2 * MINUTE - 1000),
    });
    const { stdout } = await cli('get', id);
    assert.match(
      stdout,
      /^ {2}status {6}completed\n {2}task {8}hi\n {2}output {6}line one line two\n {2}agent {7}demo\n/m,
    );
    assert.match(stdout, /^ {2}callback {4}delivered to https:\/\/ci\.example\.com\/done, 2 attempts, 2 minutes ago$/m);
    assert.match(stdout, /^ {2}tokens {6}120 in, 350 out$/m);
    assert.match(stdout, /^ {2}finished {4}1 minute ago, after 1 min 1 s$/m);
  });

  test('tells when the callback is tried again, or why it is dead', async (t) => {
    const { ingress, id, cli } = await startWithRun(t);
    const next_attempt_at = new Date(Date.now() + 5.5 * MINUTE).toISOString();
    ingress.runs.update(id, { callback: { status: 'retrying', attempts: 1, last_status_code: 503, next_attempt_at } });
    assert.match(
      (await cli('get', id)).stdout,
      /callback {4}retrying, 1 attempt, last status 503, next in 5 minutes\n/,
    );
    ingress.runs.update(id, { callback: { status: 'dead', attempts: 10, last_error: 'The receiver was silent.' } });
    assert.match((await cli('get', id)).stdout, /callback {4}dead, 10 attempts, The receiver was silent\.\n/);
  });

  test('prints the run as JSON', async (t) => {
    const { id, cli } = await startWithRun(t);
    assert.equal(runResource.parse(JSON.parse((await cli('get', id, '--json')).stdout)).id, id);
  });

  test('is coloured on a terminal, where nothing of others can steer it', async (t) => {
    const { ingress, id, env } = await startWithRun(t);
    ingress.runs.update(id, {
      status: 'failed',
      terminal: true,
      error: { code: 'X', message: 'red \u001b[31m\u202e' },
    });
    const { stdout } = await runCli(['runs', 'get', id], { env, tty: true });
    assert.ok(stdout.includes('\u001b[31mfailed\u001b[39m\n'), stdout);
    assert.match(stdout, /red \\x1b\[31m\\u202e \(X\)/);
    const plain = await runCli(['runs', 'get', id], { env: { ...env, NO_COLOR: '1' }, tty: true });
    assert.ok(!plain.stdout.includes('\u001b'), plain.stdout);
  });

  test('answers one way for a run that is unknown or of another client', async (t) => {
    const { cli, id, env } = await startWithRun(t);
    const unknown = await cli('get', randomRunId());
    const foreign = await runCli(['runs', 'get', id], { env: { ...env, RUNS_API_KEY: 'beta-key' } });
    assert.equal(unknown.code, 4);
    assert.match(unknown.stderr, /^error: Not found: No run of this client has that id: [^\n]+ \(not_found\)\n$/);
    assert.deepEqual(foreign, unknown);
  });

  test('asks for nothing when the id can not be one, or there is no key', async (t) => {
    const { ingress, cli, id, env } = await startWithRun(t);
    const before = ingress.runs.calls.length;
    const result = await cli('get', '../../healthz');
    assert.equal(result.code, 2);
    assert.match(result.stderr, /Not a run id/);
    const keyless = await runCli(['runs', 'get', id], {
      env: { GARUDUST_TEMPORAL_URL: env['GARUDUST_TEMPORAL_URL'] ?? '' },
    });
    assert.equal(keyless.code, 2);
    assert.match(keyless.stderr, /^error: No API key found: set RUNS_API_KEY/);
    assert.equal(ingress.runs.calls.length, before);
  });

  test('says within a moment that no server is there', async () => {
    const env = { RUNS_API_KEY: 'k', GARUDUST_TEMPORAL_URL: `http://127.0.0.1:${await freePort()}` };
    const result = await runCli(['runs', 'get', randomRunId()], { env });
    assert.equal(result.code, 3);
    assert.match(result.stderr, /^error: No server listens at http:\/\/127\.0\.0\.1:\d+\. Start it, or [^\n]*\n$/);
  });
});

describe('runs wait', () => {
  test('prints the output of a run that has ended, and of one that ends later', async (t) => {
    const { ingress, id, cli, watch } = await startWithRun(t);
    const waiting = watch('wait', id);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    ingress.runs.update(id, { status: 'completed', terminal: true, output: 'done\n' });
    assert.deepEqual(await waiting.ended, { code: 0, stdout: 'done\n', stderr: `${id} is queued\n` });
    assert.deepEqual(await cli('wait', id), { code: 0, stdout: 'done\n', stderr: '' });
  });

  test('tells the last error of the agent while it is tried again', async (t) => {
    const { ingress, id, watch } = await startWithRun(t);
    ingress.runs.update(id, {
      status: 'running',
      agent: { name: 'demo', attempt: 2, max_attempts: 3, last_error: 'The agent\nwas silent.', progress: 'x' },
    });
    const waiting = watch('wait', id);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    ingress.runs.update(id, { status: 'failed', terminal: true });
    const result = await waiting.ended;
    assert.equal(result.stderr, `${id} is running, attempt 2 of 3 (last error: The agent was silent.)\n${id} failed\n`);
    assert.equal(result.code, 1);
  });

  test('spins on a terminal with the time that has passed, and cleans up after itself', async (t) => {
    const { ingress, id, env } = await startWithRun(t);
    const waiting = startCli(['runs', 'wait', id], { env, tty: true });
    await waitFor('a frame', () =>
      new RegExp(`\u001b\\[\\?25l.*${id} is queued \\(0(\\.\\d)? s\\)`, 's').test(waiting.written.stderr),
    );
    ingress.runs.update(id, { status: 'completed', terminal: true, output: 'done' });
    const { code, stdout, stderr } = await waiting.ended;
    assert.deepEqual([code, stdout], [0, 'done\n']);
    assert.ok(stderr.endsWith('\u001b[?25h'), 'the cursor is shown again');
  });

  test('ends at once when it is interrupted, and the run goes on', async (t) => {
    const { ingress, id, env } = await startWithRun(t);
    const interrupt = new AbortController();
    const waiting = startCli(['runs', 'wait', id], { env, interrupted: interrupt.signal });
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    interrupt.abort();
    const result = await waiting.ended;
    assert.equal(result.code, 130);
    assert.match(
      result.stderr,
      new RegExp(`\nInterrupted; the run continues\\. Follow it: garudust-temporal runs wait ${id}\n$`),
    );
    await waitFor('the server to notice', () => ingress.runs.waiting === 0);
    assert.ok(!ingress.runs.calls.includes(`cancel ${id}`));
  });
});

describe('runs wait, while the server is away', () => {
  test('can be interrupted in a pause between two tries', async (t) => {
    const url = await startHttpServer(t, (req, res) => {
      if (req.url?.includes('wait') === true) res.writeHead(503, { 'retry-after': '50' }).end('{"code":"x"}');
      else res.end(JSON.stringify(QUEUED_RUN));
    });
    const interrupt = new AbortController();
    const args = ['runs', 'wait', QUEUED_RUN.id, '--url', url];
    const waiting = startCli(args, { env: CLI_KEYS, interrupted: interrupt.signal });
    await waitFor('a failed try', () => /Retrying/.test(waiting.written.stderr));
    interrupt.abort();
    const ended = await Promise.race([waiting.ended, sleep(5000, undefined, { ref: false })]);
    assert.equal(ended?.code, 130);
  });

  test('gives up when it stays away too long', async (t) => {
    const failing: ApiClient = {
      url: '',
      sendTask: () => assert.fail(),
      listRuns: () => assert.fail(),
      cancelRun: () => assert.fail(),
      redeliverRun: () => assert.fail(),
      answerRun: () => assert.fail(),
      deleteRun: () => assert.fail(),
      getRun: (_id, seconds) =>
        seconds === undefined
          ? Promise.resolve(QUEUED_RUN)
          : Promise.reject(new ApiError('Nothing listens.', { passing: true, retryAfterMs: 5 })),
    };
    const { io, written } = cliIo({});
    t.after(() => assert.match(written.stderr, /Nothing listens\. Retrying…/));
    const options = { progress: createProgress(io), interrupted: io.interrupted, patienceMs: 20 };
    await assert.rejects(followRun(failing, QUEUED_RUN.id, options), {
      exit: 'unavailable',
      message: 'Nothing listens.',
    });
  });

  test('does not wait for a server that refuses', async (t) => {
    const url = await startHttpServer(t, (req, res) => {
      if (req.url?.includes('wait') === true) res.writeHead(404).end('{"code":"not_found","title":"Gone"}');
      else res.end(JSON.stringify(QUEUED_RUN));
    });
    const result = await runCli(['runs', 'wait', QUEUED_RUN.id, '--url', url], { env: CLI_KEYS });
    assert.equal(result.code, 4);
    assert.match(result.stderr, /\nerror: Gone\. \(not_found\)\n$/);
  });
});

describe('runs cancel and runs redeliver', () => {
  test('say what was asked for, or that there is nothing to do', async (t) => {
    const { ingress, id, cli } = await startWithRun(t);
    assert.deepEqual(await cli('cancel', id), { code: 0, stdout: `Asked ${id} to stop.\n`, stderr: '' });
    assert.equal((await cli('redeliver', id)).stdout, `Nothing to do: the run has no callback.\n`);
    ingress.runs.update(id, { status: 'completed', terminal: true, callback: { status: 'dead' } });
    assert.equal((await cli('cancel', id)).stdout, `Nothing to do: ${id} has completed.\n`);
    assert.equal((await cli('redeliver', id)).stdout, `The callback of ${id} is being sent again.\n`);
    await cli('redeliver', id, '--callback-url', 'https://ops.example.com/x');
    assert.deepEqual(ingress.runs.redelivered, [undefined, undefined, 'https://ops.example.com/x']);
  });

  test('print the run as JSON', async (t) => {
    const { id, cli } = await startWithRun(t);
    for (const command of ['cancel', 'redeliver']) {
      assert.equal((JSON.parse((await cli(command, id, '--json')).stdout) as RunResource).id, id);
    }
  });

  test("tell the server's reason for refusing a callback address", async (t) => {
    const { id, cli } = await startWithRun(t);
    const result = await cli('redeliver', id, '--callback-url', 'http://127.0.0.1/');
    assert.equal(result.code, 4);
    assert.match(result.stderr, /^error: The callback address is not permitted: [^\n]+\n$/);
  });
});

interface WithRun {
  readonly ingress: TestIngress;
  /** A queued run of ALPHA. */
  readonly id: string;
  readonly env: Record<string, string>;
  readonly cli: (...args: string[]) => Promise<CliResult>;
  readonly watch: (...args: string[]) => RunningCli;
}

async function startWithRun(t: TestContext): Promise<WithRun> {
  const ingress = await startTestIngress(t);
  const { id } = (await (await ingress.post('/webhook', '{"text":"hi"}')).json()) as RunResource;
  const env = { RUNS_API_KEY: 'alpha-key', GARUDUST_TEMPORAL_URL: ingress.url };
  return {
    ingress,
    id,
    env,
    cli: (...args) => runCli(['runs', ...args], { env }),
    watch: (...args) => startCli(['runs', ...args], { env }),
  };
}
