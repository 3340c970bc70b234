import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { setUpServer } from '../../src/cli/temporal-server/set-up-server.ts';
import { SEARCH_ATTRIBUTE_NAMES } from '../../src/contract/search-attributes.ts';
import { runCli } from '../support/run-cli.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

describe('setup', () => {
  test('makes namespace and search attributes, and finds them there the second time', async (t) => {
    const { address } = await connectToTestServer();
    const connection = await Connection.connect({ address });
    t.after(() => connection.close());
    const namespace = `setup-${randomBytes(4).toString('hex')}`;
    const first = await setUpServer(connection, namespace);
    assert.equal(first[0]?.state, 'created');
    // A namespace takes a moment to be known everywhere, and so do search attributes.
    let steps = first;
    for (let tries = 0; tries < 50 && steps.some(({ state }) => state !== 'exists'); tries += 1) {
      await sleep(200);
      steps = await setUpServer(connection, namespace);
    }
    assert.deepEqual(
      steps.map(({ what, state }) => [what, state]),
      [
        [`namespace ${namespace}`, 'exists'],
        ...SEARCH_ATTRIBUTE_NAMES.map((name) => [`search attribute ${name}`, 'exists']),
      ],
    );
  });

  test('says what it did, as text and as JSON, and what it can not set', async () => {
    const { address } = await connectToTestServer();
    const env = { TEMPORAL_ADDRESS: address };
    const text = await runCli(['setup'], { env });
    assert.equal(text.code, 0);
    assert.match(text.stdout, /^exists +search attribute GarudustClient$/m);
    assert.match(text.stderr, /system\.enableActivityEagerExecution/);
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
