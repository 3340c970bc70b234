import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { CLI_KEYS } from '../support/cli-ingress.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { startTestIngress } from '../support/test-ingress.ts';

const HOUR = 3_600_000;

/** Fails for single runs, and takes a redelivered one off the list, as the real client does. */
class RunClientWithFaults extends FakeRunClient {
  readonly faults = new Map<string, ProblemError[]>();
  atOnce = 0;
  mostAtOnce = 0;

  override async redeliver(runId: string, client: string, url?: string) {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const fault = this.faults.get(runId)?.shift();
      if (fault !== undefined) throw fault;
      const reply = await super.redeliver(runId, client, url);
      if (!reply.unchanged) this.update(runId, { callback: { ...reply.run.callback, status: 'retrying' } });
      return reply;
    } finally {
      this.atOnce -= 1;
    }
  }
}

interface Setup {
  readonly runs: RunClientWithFaults;
  /** Oldest first. */
  readonly ids: string[];
  readonly cli: (...args: string[]) => Promise<CliResult>;
  readonly redelivered: () => string[];
}

async function startWithDead(t: TestContext, urls: readonly string[]): Promise<Setup> {
  const runs = new RunClientWithFaults();
  const ingress = await startTestIngress(t, { runs });
  const ids: string[] = [];
  for (const [index, url] of urls.entries()) {
    const response = await ingress.post('/webhook', JSON.stringify({ text: `task ${index}` }));
    const { id } = (await response.json()) as RunResource;
    const created_at = new Date(Date.now() - (urls.length - index) * HOUR + 60_000).toISOString();
    runs.update(id, { status: 'completed', terminal: true, created_at, callback: { status: 'dead', url } });
    ids.push(id);
  }
  const env = { ...CLI_KEYS, GARUDUST_TEMPORAL_URL: ingress.url };
  return {
    runs,
    ids,
    cli: (...args) => runCli(['runs', 'redeliver', ...args], { env }),
    redelivered: () =>
      runs.calls.filter((call) => call.startsWith('redeliver ')).map((call) => call.slice('redeliver '.length)),
  };
}

const CI = 'https://ci.example.com/hooks';
const OPS = 'https://ops.example.com:8443/in';

describe('runs redeliver --all-dead', () => {
  test('goes through all pages, a few at a time, and sums up', async (t) => {
    const { runs, ids, cli, redelivered } = await startWithDead(
      t,
      Array.from({ length: 230 }, () => CI),
    );
    runs.update(ids[7] ?? '', { callback: { status: 'delivered' } });
    const { code, stdout, stderr } = await cli('--all-dead');
    assert.deepEqual([code, stdout], [0, '229 redelivered, 0 skipped, 0 failed.\n']);
    assert.match(stderr, /200 of 229 dead letters\n229 of 229 dead letters\n$/);
    assert.deepEqual(redelivered().toSorted(), ids.filter((_, index) => index !== 7).toSorted());
    assert.equal(runs.mostAtOnce, 5);
  });

  test('takes those of a host, and those since a time, alone', async (t) => {
    const { ids, cli, redelivered } = await startWithDead(t, [OPS, CI, OPS, CI]);
    assert.match((await cli('--all-dead', '--since', '3h', '--host', 'OPS.example.com')).stdout, /^1 redelivered/);
    assert.deepEqual(redelivered(), [ids[2]]);
    const since = new Date(Date.now() - 1.5 * HOUR).toISOString();
    assert.match((await cli('--all-dead', '--since', since)).stdout, /^1 redelivered/);
    assert.equal(redelivered().at(-1), ids[3]);
    assert.match((await cli('--all-dead', '--host', 'ops.example.com:8443')).stdout, /^1 redelivered/);
    assert.equal(redelivered().at(-1), ids[0]);
    assert.equal((await cli('--all-dead', '--host', 'example.com')).stdout, 'No dead letters match.\n');
  });

  test('asks again while the server is away, and tells what it refused', async (t) => {
    const { runs, ids, cli, redelivered } = await startWithDead(t, [CI, CI, CI]);
    runs.faults.set(ids[0] ?? '', [new ProblemError('temporal_unavailable', 'Temporal is away: try again.')]);
    runs.faults.set(ids[1] ?? '', [
      new ProblemError('callback_url_refused', 'The address is not public: use another.'),
    ]);
    const { code, stdout, stderr } = await cli('--all-dead');
    assert.deepEqual([code, stdout], [4, '2 redelivered, 0 skipped, 1 failed.\n']);
    assert.match(stderr, new RegExp(`\\n${ids[1]}: .*The address is not public`));
    assert.deepEqual(redelivered().toSorted(), ids.filter((_, index) => index !== 1).toSorted());
  });

  test('tells all of it as JSON', async (t) => {
    const { runs, ids, cli } = await startWithDead(t, [CI, CI]);
    runs.faults.set(ids[0] ?? '', [new ProblemError('callback_url_refused', 'No.')]);
    const { code, stdout } = await cli('--all-dead', '--json', '--callback-url', 'https://ops.example.com/new');
    const { runs: each, ...counts } = JSON.parse(stdout) as { runs: { id: string; result: string; error?: string }[] };
    assert.deepEqual([code, counts], [4, { redelivered: 1, skipped: 0, failed: 1 }]);
    assert.deepEqual(
      each.map(({ id, result, error }) => [id, result, typeof error]),
      [
        [ids[1], 'redelivered', 'undefined'],
        [ids[0], 'failed', 'string'],
      ],
    );
    assert.deepEqual(runs.redelivered, ['https://ops.example.com/new']);
  });

  test('skips what needs no redelivery any more', async (t) => {
    const { runs, ids, cli } = await startWithDead(t, [CI, CI]);
    const list = runs.list.bind(runs);
    runs.list = async (request) => {
      const page = await list(request);
      runs.update(ids[0] ?? '', { callback: { status: 'delivered' } });
      return page;
    };
    assert.deepEqual(await cli('--all-dead').then(({ code, stdout }) => [code, stdout]), [
      0,
      '1 redelivered, 1 skipped, 0 failed.\n',
    ]);
  });

  test('ends with 3 when the list can not be had', async (t) => {
    const { runs, cli } = await startWithDead(t, [CI]);
    runs.failure = new ProblemError('temporal_unavailable', 'Temporal is away: try again.');
    assert.equal((await cli('--all-dead')).code, 3);
  });
});

const ID = 'run-aaaaaaaaaaaaaaaaaaaaaaaaaa';
for (const args of [
  [],
  [ID, '--all-dead'],
  [ID, '--host', 'ci.example.com'],
  [ID, '--since', '2h'],
  ['--all-dead', '--since', 'yesterday'],
  ['--all-dead', '--since', '2026-13-45'],
  ['--all-dead', '--since', '7'],
  ['--all-dead', '--host', 'https://ci.example.com'],
  ['--all-dead', '--host', 'ci.example.com/hooks'],
]) {
  test(`runs redeliver ${args.join(' ')} ends with 2 and asks nothing`, async (t) => {
    const { runs, cli } = await startWithDead(t, []);
    const { code, stderr } = await cli(...args);
    assert.equal(code, 2);
    assert.match(stderr, /^error: /);
    assert.deepEqual(runs.calls, []);
  });
}
