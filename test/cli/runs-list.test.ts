import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { runList, runListQuery } from '../../src/protocol/run-list.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { startCliIngress } from '../support/cli-ingress.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { stripVTControlCharacters as stripColors } from 'node:util';
import type { TestIngress } from '../support/test-ingress.ts';

interface Setup {
  readonly ingress: TestIngress;
  readonly ids: string[];
  readonly cli: (...args: string[]) => Promise<CliResult>;
}

async function startWithRuns(t: TestContext, count: number): Promise<Setup> {
  const { ingress, env } = await startCliIngress(t);
  const ids: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const response = await ingress.post('/webhook', JSON.stringify({ text: `task ${i}` }));
    ids.unshift(((await response.json()) as RunResource).id);
  }
  return { ingress, ids, cli: (...args) => runCli(['runs', 'list', ...args], { env }) };
}

describe('runs list', () => {
  test('shows a line a run, the columns aligned', async (t) => {
    const { ingress, ids, cli } = await startWithRuns(t, 2);
    const created_at = new Date(Date.now() - 210_000).toISOString();
    ingress.runs.update(ids[0] ?? '', {
      status: 'failed',
      terminal: true,
      error: { code: 'AnswerTooLarge', message: 'too large' },
      agent: { name: 'reviewer' },
      callback: { status: 'delivered' },
      session_key: 'deploy\u001b[31m 🙂',
      created_at,
    });
    ingress.runs.update(ids[1] ?? '', { status: 'running', agent: { name: 'demo' }, created_at });
    const { code, stdout, stderr } = await cli();
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(
      stdout,
      [
        'run                             status   age  callback   task',
        `${ids[0]}  failed   3m   delivered  task 1`,
        `${ids[1]}  running  3m              task 0`,
        '',
      ].join('\n'),
    );
  });

  test('shows what else there is to tell where it fits, and leaves out what no run has', async (t) => {
    const { ingress, ids } = await startWithRuns(t, 2);
    const created_at = new Date(Date.now() - 90_000_000).toISOString();
    for (const id of ids)
      ingress.runs.update(id, { created_at, agent: { name: 'demo' }, callback: { status: 'none' } });
    ingress.runs.update(ids[0] ?? '', { session_key: 'deploy\u001b[31m 🙂', summary: '漢'.repeat(90) });
    const { env } = await startCliIngress(t);
    const list = (columns: number): Promise<CliResult> =>
      runCli(['runs', 'list', '--url', ingress.url], { env, tty: true, columns });
    const [narrow, wide] = [await list(80), await list(140)];
    assert.equal(
      stripColors(narrow.stdout),
      [
        'run                             status  age  agent  task',
        `${ids[0]}  queued  1d   demo   ${'漢'.repeat(13)}…`,
        `${ids[1]}  queued  1d   demo   task 0`,
        '',
      ].join('\n'),
    );
    assert.match(stripColors(wide.stdout), /^run +status +age +agent +session +task\n.* deploy\\x1b\[31m 🙂 +漢/);
  });

  test('has every filter of the API', async (t) => {
    const { ingress, cli } = await startWithRuns(t, 0);
    const { code, stderr } = await cli(
      ...[
        '--source',
        'github',
        '--agent',
        'demo',
        '--workflow',
        'w',
        '--session',
        's',
        '--user',
        'ada',
        '--delivery-id',
        'd 1',
      ],
      ...['--metadata', 'a=1', '--metadata', 'b=x=y', '--status', 'failed', '--callback', 'dead', '--limit', '7'],
      ...['--created-after', '2026-01-01T00:00:00+01:00', '--created-before', '0s'],
    );
    assert.deepEqual([code, stderr], [0, 'No runs match.\n']);
    const { filter, limit } = ingress.runs.lists[0] ?? {};
    assert.ok(Math.abs(Date.now() - Date.parse(filter?.created_before ?? '')) < 10_000);
    const { cursor: _, limit: __, ...filters } = runListQuery.shape;
    assert.deepEqual(Object.keys(filter ?? {}).toSorted(), Object.keys(filters).toSorted());
    assert.deepEqual(
      { ...filter, created_before: undefined, limit },
      {
        ...{
          source: 'github',
          agent: 'demo',
          workflow: 'w',
          session: 's',
          user: 'ada',
          delivery_id: 'd 1',
          metadata: ['a=1', 'b=x=y'],
        },
        ...{ status: 'failed', callback: 'dead', created_after: '2025-12-31T23:00:00.000Z', created_before: undefined },
        limit: 7,
      },
    );
  });

  test('filters, and says when there is nothing', async (t) => {
    const { ingress, ids, cli } = await startWithRuns(t, 3);
    ingress.runs.update(ids[1] ?? '', { status: 'failed', callback: { status: 'dead' } });
    const dead = await cli('--status', 'failed', '--callback', 'dead');
    assert.deepEqual(dead.stdout.match(/run-\w+/g), [ids[1]]);
    const none = await cli('--callback', 'retrying');
    assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'No runs match.\n']);
  });

  test('goes through the pages up to the limit, and tells that there is more', async (t) => {
    const { ids, cli } = await startWithRuns(t, 30);
    const some = await cli();
    assert.deepEqual(some.stdout.match(/run-\w+/g), ids.slice(0, 20));
    assert.equal(some.stderr, 'There may be more runs: raise --limit.\n');
    const all = await cli('--limit', '1000', '--json');
    const parsed = runList.parse(JSON.parse(all.stdout));
    assert.deepEqual([parsed.runs.map(({ id }) => id), parsed.next_cursor], [ids, null]);
  });

  for (const args of [
    ['--status', 'queued'],
    ['--callback', 'lost'],
    ['--limit', '0'],
    ['--limit', '1001'],
    ['--metadata', 'x'],
    ['--created-after', 'soon'],
    ['x'],
  ]) {
    test(`ends with 2 for ${args.join(' ')}`, async (t) => {
      const { ingress, cli } = await startWithRuns(t, 0);
      assert.equal((await cli(...args)).code, 2);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});
