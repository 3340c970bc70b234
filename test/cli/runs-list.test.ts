import assert from 'node:assert/strict';
import { type TestContext, describe, test } from 'node:test';
import { runList } from '../../src/protocol/run-list.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { startCliIngress } from '../support/cli-ingress.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
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
        'run                             status   callback   agent     session            created        error',
        `${ids[0]}  failed   delivered  reviewer  deploy\\x1b[31m 🙂  3 minutes ago  AnswerTooLarge`,
        `${ids[1]}  running  none       demo                         3 minutes ago`,
        '',
      ].join('\n'),
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

  for (const args of [['--status', 'queued'], ['--callback', 'lost'], ['--limit', '0'], ['--limit', '1001'], ['x']]) {
    test(`ends with 2 for ${args.join(' ')}`, async (t) => {
      const { ingress, cli } = await startWithRuns(t, 0);
      assert.equal((await cli(...args)).code, 2);
      assert.deepEqual(ingress.runs.calls, []);
    });
  }
});
