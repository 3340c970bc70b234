import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConnectionLike } from '@temporalio/client';
import { createOpenRunsCount, type OpenRuns } from '../../src/runs/open-runs.ts';

interface Run {
  readonly mark?: 'retrying' | 'dead';
  readonly ageSeconds: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A Temporal that knows these runs and understands our query. */
function setUp(runs: () => readonly Run[]) {
  const queries: string[] = [];
  const counted = new Map<string, OpenRuns | undefined>();
  const countWorkflowExecutions = ({ query }: { query: string }): Promise<{ count: { valueOf(): number } }> => {
    queries.push(query);
    const [, mark] = /GarudustCallback (?:= '(\w+)'|IS NULL)/.exec(query) ?? assert.fail(query);
    const [, before] = /StartTime < '([^']+)'/.exec(query) ?? [];
    const found = runs().filter(
      (run) => run.mark === mark && (before === undefined || Date.now() - run.ageSeconds * 1000 < Date.parse(before)),
    );
    return Promise.resolve({ count: { valueOf: () => found.length } });
  };
  const connection = { workflowService: { countWorkflowExecutions } } as unknown as ConnectionLike;
  const count = createOpenRunsCount({
    connection: () => connection,
    namespace: 'default',
    deadlineMs: 1000,
    onCounted: (state, open) => counted.set(state, open),
  });
  return { count, counted, queries };
}

describe('open runs', () => {
  test('are counted by state, with the age of the oldest', async () => {
    const { count, counted } = setUp(() => [
      { ageSeconds: 5 },
      { ageSeconds: 7 * HOUR },
      { ageSeconds: 30, mark: 'retrying' },
      { ageSeconds: 2 * DAY, mark: 'dead' },
      { ageSeconds: 40 * DAY, mark: 'dead' },
    ]);
    await count();
    assert.deepEqual(Object.fromEntries(counted), {
      active: { count: 2, oldestSeconds: 6 * HOUR },
      retrying: { count: 1, oldestSeconds: 0 },
      dead: { count: 2, oldestSeconds: 14 * DAY },
    });
  });

  for (const age of [61, 301, 901, HOUR + 1, 6 * HOUR + 1, DAY + 1, 3 * DAY + 1, 7 * DAY + 1, 14 * DAY + 1]) {
    test(`open for ${age} s are as old as the step below`, async () => {
      const { count, counted, queries } = setUp(() => [{ ageSeconds: age }]);
      await count();
      assert.equal(counted.get('active')?.oldestSeconds, age - 1);
      assert.ok(queries.length <= 3 + 4, `${queries.length} counts`);
    });
  }

  test('are counted once a minute, however many ask: three counts while there are none', async () => {
    const { count, queries } = setUp(() => []);
    await Promise.all([count(), count()]);
    await count();
    assert.equal(queries.length, 3);
  });

  test('are unknown where Temporal does not say, and nobody hears an error', async () => {
    const { count, counted } = setUp(() => assert.fail('refused'));
    await count();
    assert.deepEqual(
      [...counted],
      [
        ['active', undefined],
        ['retrying', undefined],
        ['dead', undefined],
      ],
    );
  });

  test('are unknown after the deadline, which holds for all counts together', async () => {
    const counted: unknown[] = [];
    let asked = 0;
    const never = (): Promise<never> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const count = createOpenRunsCount({
      connection: () => ({ workflowService: { countWorkflowExecutions: never } }) as unknown as ConnectionLike,
      namespace: 'default',
      deadlineMs: 50,
      onCounted: (state, open) => counted.push([state, open]),
    });
    await count();
    assert.equal(counted.length, 3);
    assert.ok(asked >= 1 && asked < 3, `${asked} counts asked for`);
  });
});
