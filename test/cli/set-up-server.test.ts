import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { type SetupOptions, setUpServer } from '../../src/cli/temporal-server/set-up-server.ts';
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes.ts';
import { runCli } from '../support/run-cli.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

describe('setup', () => {
  test('makes namespace and search attributes, and finds them there the second time', async (t) => {
    const { address } = await connectToTestServer();
    const connection = await Connection.connect({ address });
    t.after(() => connection.close());
    const namespace = `setup-${randomBytes(4).toString('hex')}`;
    const kept = (days: number): string => `namespace ${namespace} (ended runs are kept for ${days} days)`;
    const states = async (options?: SetupOptions): Promise<string[][]> =>
      (await setUpServer(connection, namespace, options)).map(({ what, state }) => [state, what]);
    const attributes = (state: string): string[][] =>
      SEARCH_ATTRIBUTE_NAMES.map((name) => [state, `search attribute ${name}`]);
    assert.deepEqual(await states({ check: true }), [['missing', `namespace ${namespace}`]]);
    // At once, though the server knows a new namespace only after some seconds.
    assert.deepEqual(await states(), [['created', kept(30)], ...attributes('created')]);
    // Search attributes take a moment to be known everywhere.
    for (
      let looks = 0;
      looks < 50 && (await states({ check: true })).some(([state]) => state !== 'exists');
      looks += 1
    ) {
      await sleep(200);
    }
    assert.deepEqual(await states(), [['exists', kept(30)], ...attributes('exists')]);
    const ninety = { retention: 90 * 86_400_000 };
    assert.equal((await states({ ...ninety, check: true }))[0]?.[0], 'failed');
    assert.deepEqual((await states(ninety))[0], ['changed', kept(90)]);
    assert.deepEqual((await states(ninety))[0], ['exists', kept(90)]);
  });

  test('says what it did, as text and as JSON, and what it can not set', async () => {
    const { address } = await connectToTestServer();
    const env = { TEMPORAL_ADDRESS: address };
    const text = await runCli(['setup'], { env });
    assert.equal(text.code, 0);
    assert.match(text.stdout, /^exists +search attribute GarudustClient$/m);
    assert.match(text.stderr, /system\.enableActivityEagerExecution/);
    assert.equal((await runCli(['setup', '--check'], { env })).code, 0);
    const lacking = await runCli(['setup', '--check'], { env: { ...env, TEMPORAL_NAMESPACE: 'nowhere' } });
    assert.equal(lacking.code, 4);
    assert.match(lacking.stdout, /^missing +namespace nowhere: run `setup` without --check\.$/m);
    const json = await runCli(['setup', '--json'], { env });
    assert.equal((JSON.parse(json.stdout) as unknown[]).length, 1 + SEARCH_ATTRIBUTE_NAMES.length);
  });

  test('no server: one sentence with the address and the fix', async () => {
    const { code, stderr } = await runCli(['setup'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^setting up namespace default at 127\.0\.0\.1:1\nerror: Setup of Temporal at 127\.0\.0\.1:1 failed .*check TEMPORAL_ADDRESS/,
    );
  });
});
