import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { connectToTestServer } from '../support/temporal-server.ts';

/** In a process of its own: a process has one runtime of the SDK. */
async function inAnotherProcess(code: string): Promise<string> {
  const args = ['--import', 'tsx', '--input-type', 'module', '--eval', `${IMPORTS}${code}\nprocess.exit();`];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}

const IMPORTS = `
  import { DefaultLogger, NativeConnection } from '@temporalio/worker';
  import { installRuntime } from './src/worker/install-runtime.ts';
  const quiet = new DefaultLogger('ERROR', () => undefined);
`;

async function listen(): Promise<{ address: string; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { address: `127.0.0.1:${address.port}`, close };
}

describe("the SDK's own metrics", () => {
  test('are served where the setting says, by the names of Prometheus', async () => {
    const server = await connectToTestServer();
    const { address, close } = await listen();
    await close();
    const said = await inAnotherProcess(`
      installRuntime(quiet, '${address}');
      const connection = await NativeConnection.connect({ address: '${server.address}' });
      await connection.workflowService.describeNamespace({ namespace: '${server.namespace}' });
      const answer = await fetch('http://${address}/metrics');
      console.log(answer.status, await answer.text());
    `);
    assert.match(said, /^200 /);
    assert.match(said, /^temporal_request_total\{.*operation="DescribeNamespace".*\} 1$/m);
    assert.match(said, /^temporal_request_latency_seconds_bucket\{/m);
  });

  test('are an error where the port is taken', async (t) => {
    const { address, close } = await listen();
    t.after(close);
    const said = await inAnotherProcess(`
      try { installRuntime(quiet, '${address}'); console.log('installed'); } catch (error) { console.log(error.message); }
    `);
    assert.match(said, /in use/);
  });
});
