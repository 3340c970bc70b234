import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { setUpServer } from '../../src/cli/temporal-server/set-up-server.ts';
import { type Readiness, type TemporalWatch, watchTemporal } from '../../src/runs/temporal-watch.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

interface Watched {
  readonly watch: TemporalWatch;
  readonly said: string[];
  readonly seen: Readiness[];
}

async function watchAt(t: TestContext, address: string, namespace: string): Promise<Watched> {
  const connection = await NativeConnection.connect({ address });
  const said: string[] = [];
  const seen: Readiness[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const watch = watchTemporal({
    connection: () => connection,
    namespace,
    deadlineMs: 1000,
    logger: { info: say, warn: say },
    onReadiness: (readiness) => seen.push(readiness),
  });
  t.after(async () => {
    watch.close();
    await connection.close();
  });
  return { watch, said, seen };
}

async function becomes(watch: TemporalWatch, wanted: Readiness): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await watch.readiness()) === wanted) return;
    await sleep(200);
  }
  assert.fail(`readiness never became ${wanted}`);
}

describe('readiness asks what a start needs', () => {
  test('a namespace that is missing, one without search attributes, and one that is set up', async (t) => {
    const { address } = await connectToTestServer();
    const namespace = `watch-${randomBytes(4).toString('hex')}`;
    const { watch, said } = await watchAt(t, address, namespace);
    assert.equal(await watch.readiness(), 'temporal_not_set_up');
    const connection = await Connection.connect({ address });
    t.after(() => connection.close());
    const day = { seconds: 86_400 };
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: day } as never);
    await sleep(3000); // the namespace is known by now, and the watch has looked again
    assert.equal(await watch.readiness(), 'temporal_not_set_up');
    await setUpServer(connection, namespace);
    await becomes(watch, 'ready');
    assert.deepEqual(said, ['Temporal lacks our setup: run `garudust-temporal setup`', 'Temporal answers again']);
  });

  test('one question serves everybody for a second, and a change is told once', async (t) => {
    const { address, namespace } = await connectToTestServer();
    const proxy = await startTcpProxy(address);
    t.after(() => proxy.close());
    const { watch, said, seen } = await watchAt(t, proxy.address, namespace);
    const looks = await Promise.all(Array.from({ length: 100 }, () => watch.readiness()));
    assert.deepEqual([[...new Set(looks)], seen], [['ready'], ['ready']]);
    proxy.setMode('hang');
    await becomes(watch, 'temporal_unavailable');
    await sleep(1100);
    assert.equal(await watch.readiness(), 'temporal_unavailable');
    proxy.setMode('pass');
    await becomes(watch, 'ready');
    assert.deepEqual(said, ['Temporal does not answer', 'Temporal answers again']);
  });

  test('a refused call is told at once', async (t) => {
    const { address, namespace } = await connectToTestServer();
    const { watch, seen } = await watchAt(t, address, namespace);
    assert.equal(await watch.readiness(), 'ready');
    watch.refused();
    assert.deepEqual(seen, ['ready', 'temporal_unavailable']);
  });
});
