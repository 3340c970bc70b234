import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection } from '@temporalio/worker';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { installRuntime } from '../../src/worker/install-runtime.ts';

/** The Temporal dev server that all integration tests of a run share. */
export interface TestServer {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** Undefined when the server runs without a UI. */
  readonly uiUrl: string | undefined;
  readonly client: Client;
  /** The connection for workers and for starting workflows, without compression; made at the first call. */
  connectNative(): Promise<NativeConnection>;
}

let shared: Promise<TestServer> | undefined;
const cleanups: (() => Promise<void>)[] = [];

// At the top level, so that it belongs to the whole file and not to the test that happens to connect first.
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/**
 * Connects to the server that `scripts/run-tests.ts` started (`TEST_TEMPORAL_ADDRESS`), or starts one for a file that
 * is run by hand. Connections and server are closed when the file's tests have ended.
 */
export function connectToTestServer(): Promise<TestServer> {
  return (shared ??= connect());
}

/** A task queue that no other test uses, recognisable in the Temporal UI by the test's name. */
export function uniqueTaskQueue(t: { readonly name: string }): string {
  return `${slug(t.name)}-${randomBytes(4).toString('hex')}`;
}

async function connect(): Promise<TestServer> {
  const namespace = 'default';
  const address = process.env['TEST_TEMPORAL_ADDRESS'];
  const server = address === undefined ? await startOwn() : { address, uiUrl: process.env['TEST_TEMPORAL_UI_URL'] };
  const connection = await Connection.connect({ address: server.address });
  cleanups.push(() => connection.close());
  let native: Promise<NativeConnection> | undefined;
  const connectNative = async (): Promise<NativeConnection> => {
    // Only here: a runtime without a connection keeps the process alive.
    installRuntime(new DefaultLogger('ERROR'));
    const made = await NativeConnection.connect({ address: server.address, grpcCompression: { codec: 'none' } });
    cleanups.push(() => made.close());
    return made;
  };
  return {
    address: server.address,
    namespace,
    uiUrl: server.uiUrl,
    client: new Client({ connection, namespace }),
    connectNative: () => (native ??= connectNative()),
  };
}

async function startOwn(): Promise<{ address: string; uiUrl: string | undefined }> {
  const cli = await findTemporalCli({
    env: process.env,
    onProgress: ({ message }) => void process.stderr.write(`${message}\n`),
  });
  const server = await startDevServer({ cliPath: cli.path });
  cleanups.push(() => server.stop());
  return server;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-|-$/g, '');
}
