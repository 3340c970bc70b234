import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { freePort } from '../../src/cli/temporal-server/free-port.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { CLI_KEYS, QUEUED_RUN, startCliIngress } from '../support/cli-ingress.ts';
import { startHttpServer } from '../support/http-server.ts';
import { runCli, spawnCli, startCli } from '../support/run-cli.ts';
import type { TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const DONE = { status: 'completed', terminal: true, output: 'All is well.' } as const;

describe('send', () => {
  test('posts a signed task and prints the run id alone', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const args = ['--callback', 'https://ci.example.com/done', '--session', 's1', '--user', 'u1'];
    const result = await runCli(['send', 'Why did it fail?', ...args], { env });
    const [task] = ingress.runs.started;
    assert.deepEqual(task?.input.task, { text: 'Why did it fail?', sessionKey: 's1', userId: 'u1' });
    assert.equal(task.input.callback?.url, 'https://ci.example.com/done');
    assert.equal(result.stdout, `${task.runId}\n`);
    assert.equal(result.stderr, `Recorded. Follow it: garudust-temporal runs wait ${task.runId}\n`);
    assert.equal(result.code, 0);
    const called = await runCli(['send', 'Again', '--url', ingress.url], { env, callName: 'npx garudust-temporal' });
    assert.match(called.stderr, /^Recorded\. Follow it: npx garudust-temporal runs wait run-/);
  });

  test('with an API key and no secret posts the same task, unsigned', async (t) => {
    const { ingress } = await startCliIngress(t);
    const env = { RUNS_API_KEY: 'alpha-key', GARUDUST_TEMPORAL_URL: ingress.url };
    const key = '"a\\b"';
    const first = await runCli(['send', 'hi', '--idempotency-key', key], { env });
    assert.deepEqual([first.code, first.stdout], [0, `${ingress.runs.started[0]?.runId}\n`]);
    const again = await runCli(['send', 'hi', '--idempotency-key', key], { env });
    assert.match(again.stderr, /^This task is already recorded as run-/);
    assert.deepEqual(
      ingress.counted.map(({ route }) => route),
      ['/v1/runs', '/v1/runs'],
    );
    const impossible = await runCli(['send', 'hi', '--idempotency-key', 'a b'], { env });
    assert.equal(impossible.code, 2);
    assert.match(impossible.stderr, /^error: "a b" can't be an idempotency key/);
  });

  test('sends an agent and metadata', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const args = ['--agent', 'reviewer', '--metadata', 'environment=production', '--metadata', 'query=a=b'];
    assert.equal((await runCli(['send', 'Deploy', ...args], { env })).code, 0);
    const { agent, task } = ingress.runs.started[0]?.input ?? {};
    assert.deepEqual([agent, task?.metadata], ['reviewer', { environment: 'production', query: 'a=b' }]);
    const wrong = await runCli(['send', 'Deploy', '--metadata', 'production'], { env });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Not an entry: write it like environment=production\./);
  });

  test('reads the text from stdin byte for byte', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const text = '  first line\n„zweite“ ✓\n';
    assert.equal((await runCli(['send', '-'], { env, stdin: text })).code, 0);
    assert.equal(ingress.runs.started[0]?.input.task.text, text);
  });

  test('prints the run as JSON', async (t) => {
    const { env } = await startCliIngress(t);
    const { stdout } = await runCli(['send', 'hi', '--json'], { env });
    assert.equal(runResource.parse(JSON.parse(stdout)).status, 'queued');
  });

  test('makes the same key the same run, and another run without one', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const first = await runCli(['send', 'hi', '--idempotency-key', 'report-1'], { env });
    const second = await runCli(['send', 'hi', '--idempotency-key', 'report-1'], { env });
    assert.equal(second.stdout, first.stdout);
    assert.match(second.stderr, /^This task is already recorded as run-/);
    await runCli(['send', 'hi'], { env });
    await runCli(['send', 'hi'], { env });
    assert.equal(new Set(ingress.runs.started.map(({ runId }) => runId)).size, 3);
  });

  test('follows the run with --wait and prints its output, the rest on stderr', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const cli = startCli(['send', 'hi', '--wait'], { env });
    const id = await startedId(ingress);
    await waitFor('the first wait', () => ingress.runs.waiting === 1);
    ingress.runs.update(id, { status: 'running', agent: { name: 'demo', attempt: 1, max_attempts: 3 } });
    await waitFor('the next wait', () => ingress.runs.waiting === 1 && /attempt 1/.test(cli.written.stderr));
    ingress.runs.update(id, DONE);
    const result = await cli.ended;
    assert.deepEqual(result, {
      code: 0,
      stdout: 'All is well.\n',
      stderr: `${id} is queued\n${id} is running, attempt 1 of 3\n`,
    });
  });

  describe('on a terminal', () => {
    /** What the agent writes, look by look, and the output in the end. */
    async function stream(t: TestContext, looks: readonly [offset: number, text: string][], output: string) {
      const { ingress, env } = await startCliIngress(t);
      const cli = startCli(['send', 'hi', '--wait'], { env, tty: true });
      const id = await startedId(ingress);
      for (const [offset, text] of looks) {
        const agent = { name: 'demo', attempt: 1, max_attempts: 3, text: { offset, text } };
        await waitFor('a wait', () => ingress.runs.waiting === 1);
        ingress.runs.update(id, { status: 'running', agent });
        await waitFor('the end of the wait', () => ingress.runs.waiting === 0);
      }
      await waitFor('the last wait', () => ingress.runs.waiting === 1);
      const before = cli.written.stdout;
      ingress.runs.update(id, { ...DONE, output });
      return { before, ...(await cli.ended) };
    }

    for (const [what, looks, output, before, after] of [
      [
        'writes the answer as it comes, and its end once',
        [
          [0, 'All is '],
          [0, 'All is we'],
        ],
        'All is well.',
        'All is we',
        'All is well.\n',
      ],
      [
        'goes on with the end of a long text',
        [
          [0, 'All is '],
          [4, 'is well, so far'],
        ],
        'All is well, so far.',
        'All is well, so far',
        'All is well, so far.\n',
      ],
      [
        'does not repeat an answer after what its agent wrote before a tool',
        [[0, 'I look. It is all well with the disk']],
        'It is all well with the disk.',
        'I look. It is all well with the disk',
        'I look. It is all well with the disk.\n',
      ],
      [
        'prints an answer that is another text as a whole',
        [[0, 'Let me see']],
        'Well.',
        'Let me see',
        'Let me see\nWell.\n',
      ],
      [
        'prints the answer as a whole where a piece was missed',
        [
          [0, 'All '],
          [40, 'much later'],
        ],
        'All is well.',
        'All \n',
        'All \nAll is well.\n',
      ],
      ['spells out control characters', [[0, 'a\u001b[2Jb']], 'a\u001b[2Jb', 'a\\x1b[2Jb', 'a\\x1b[2Jb\n'],
    ] as const) {
      test(what, async (t) => {
        const { stdout, ...end } = await stream(
          t,
          looks.map(([offset, text]) => [offset, text]),
          output,
        );
        assert.equal(end.before, before);
        assert.equal(stdout, after);
        assert.equal(end.code, 0);
      });
    }
  });

  const outcomes: [string, Partial<RunResource>, number, RegExp][] = [
    [
      'failed',
      { status: 'failed', error: { code: 'AgentTimeout', message: 'The agent was silent.' } },
      1,
      /^run-\w+ failed: The agent was silent\. \(AgentTimeout\)$/m,
    ],
    ['timed out', { status: 'timed_out' }, 5, / timed out$/m],
    ['was canceled', { status: 'canceled' }, 6, /was canceled$/m],
  ];
  for (const [what, change, code, message] of outcomes) {
    test(`ends with ${code} when the run ${what}`, async (t) => {
      const { ingress, env } = await startCliIngress(t);
      const cli = startCli(['send', 'hi', '--wait'], { env });
      ingress.runs.update(await startedId(ingress), { ...change, terminal: true });
      const result = await cli.ended;
      assert.equal(result.code, code);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, message);
    });
  }

  test('prints the whole run with --wait --json, whatever came of it, and tells a dead callback', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const cli = startCli(['send', 'hi', '--wait', '--json'], { env });
    const id = await startedId(ingress);
    const callback = {
      status: 'dead',
      url: 'https://ci.example.com/x',
      attempts: 10,
      last_error: 'status 500',
    } as const;
    ingress.runs.update(id, { ...DONE, callback });
    const result = await cli.ended;
    assert.deepEqual(runResource.parse(JSON.parse(result.stdout)).callback, callback);
    assert.equal(result.code, 0);
    assert.match(result.stderr, /The callback is dead to https:\/\/ci\.example\.com\/x, 10 attempts, status 500\.\n$/);
  });

  test('ends with 7 and says how to go on when the time is up', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const result = await runCli(['send', 'hi', '--timeout', '20ms'], { env });
    const id = ingress.runs.started[0]?.runId;
    assert.equal(result.code, 7);
    assert.equal(
      result.stderr,
      `${id} is queued\n${id} still is queued\nFollow it: garudust-temporal runs wait ${id}\n`,
    );
  });

  test('goes on following through a restart of the server', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const cli = startCli(['send', 'hi', '--wait'], { env });
    const id = await startedId(ingress);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    ingress.runs.failure = new ProblemError('temporal_unavailable', 'Temporal does not answer.');
    ingress.runs.update(id, {});
    await waitFor('a failed poll', () => /Temporal does not answer/.test(cli.written.stderr));
    ingress.runs.failure = undefined;
    ingress.runs.update(id, DONE);
    const result = await cli.ended;
    assert.deepEqual([result.code, result.stdout], [0, 'All is well.\n']);
  });

  test('spells out what could steer a terminal, and leaves it to a pipe', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    for (const tty of [false, true]) {
      const cli = startCli(['send', 'hi', '--wait', '--json'].slice(0, 3), { env, tty });
      await waitFor('the run', () => ingress.runs.started.length === (tty ? 2 : 1));
      ingress.runs.update(ingress.runs.started.at(-1)?.runId ?? '', { ...DONE, output: 'a\u001b]0;x\u0007b\nc' });
      const { stdout } = await cli.ended;
      assert.equal(stdout, tty ? 'a\\x1b]0;x\\x07b\nc\n' : 'a\u001b]0;x\u0007b\nc\n');
    }
  });
});

describe('send, when the server is away', () => {
  test('tries again with the same key, so that the run is one', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    ingress.runs.failure = new ProblemError('temporal_unavailable', 'Temporal does not answer.');
    const cli = startCli(['send', 'hi', '--json'], { env });
    await waitFor('a first try', () => ingress.runs.calls.length > 0);
    await waitFor('its telling', () => cli.written.stderr !== '');
    ingress.runs.failure = undefined;
    const { code, stdout, stderr } = await cli.ended;
    assert.equal(code, 0);
    assert.match(stderr, /^Temporal is unavailable: Temporal does not answer\..*Retrying…\n$/);
    const ids = new Set(ingress.runs.calls);
    assert.deepEqual([...ids], [`start ${(JSON.parse(stdout) as RunResource).id}`]);
    assert.ok(ingress.runs.calls.length >= 2);
  });

  test('finds a server that starts while it tries', async (t) => {
    const port = await freePort();
    const cli = startCli(['send', 'hi', '--json'], {
      env: { ...CLI_KEYS, GARUDUST_TEMPORAL_URL: `http://127.0.0.1:${port}` },
    });
    await waitFor('a failed try', () => /No server listens/.test(cli.written.stderr));
    await startHttpServer(t, (_req, res) => res.writeHead(202).end(JSON.stringify(QUEUED_RUN)), port);
    assert.equal((await cli.ended).code, 0);
  });

  test('gives up in time with 3, with the key where the task may have arrived', async (t) => {
    const refused = await runCli(['send', 'hi', '--retry-for', '0s'], {
      env: { ...CLI_KEYS, GARUDUST_TEMPORAL_URL: `http://127.0.0.1:${await freePort()}` },
    });
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /^error: No server listens at http:\/\/127\.0\.0\.1:\d+\. Start it, or [^\n]*\n$/);
    assert.doesNotMatch(refused.stderr, /idempotency/);

    const broken = await startHttpServer(t, (req) => void req.socket.destroy());
    const result = await runCli(['send', 'hi', '--retry-for', '0s', '--url', broken], { env: CLI_KEYS });
    assert.equal(result.code, 3);
    assert.match(result.stderr, /closed the connection .* add --idempotency-key cli-[\w-]{36}\n$/);
  });

  test('waits as long as Retry-After says, and no longer than it was given', async (t) => {
    let asked = 0;
    const busy = await startHttpServer(t, (_req, res) => {
      asked += 1;
      res.writeHead(429, { 'retry-after': '60' }).end('{"code":"rate_limited","title":"Too fast"}');
    });
    const result = await runCli(['send', 'hi', '--retry-for', '5s', '--url', busy], { env: CLI_KEYS });
    assert.deepEqual([result.code, result.stderr, asked], [3, 'error: Too fast. (rate_limited)\n', 1]);
  });
});

describe('send as a process', () => {
  test('is interrupted while it waits, says how to go on, and ends with 130', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const cli = spawnCli(['send', 'hi', '--wait', '--url', ingress.url], { env });
    await waitFor('the wait', () => ingress.runs.waiting === 1, 20_000);
    cli.kill('SIGINT');
    const result = await cli.ended;
    const id = ingress.runs.started[0]?.runId;
    assert.deepEqual([result.code, result.stdout], [130, '']);
    assert.match(
      result.stderr,
      new RegExp(
        `\nInterrupted; the run continues\\. Follow it: npx tsx \\S*main\\.ts runs wait ${id} --url http[^\n]+\n$`,
      ),
    );
  });

  test('writes no control codes where there is no terminal, and ends by itself', async (t) => {
    const { ingress, env } = await startCliIngress(t);
    const cli = spawnCli(['send', '-', '--wait'], { env: { ...env, FORCE_COLOR: '1' }, stdin: 'hi' });
    await waitFor('the wait', () => ingress.runs.waiting === 1, 20_000);
    ingress.runs.update(ingress.runs.started[0]?.runId ?? '', DONE);
    const result = await cli.ended;
    assert.deepEqual([result.code, result.stdout], [0, 'All is well.\n']);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    assert.doesNotMatch(result.stderr, /[\u0000-\u0009\u000b-\u001f]/);
  });
});

async function startedId(ingress: TestIngress): Promise<string> {
  await waitFor('the run', () => ingress.runs.started.length > 0);
  return ingress.runs.started[0]?.runId ?? '';
}
