/** Program run by `download-temporal-cli.ts`: `node download-by-sdk.js <folder>` leaves the Temporal CLI there. */
import { createRequire } from 'node:module';
import { Runtime } from '@temporalio/worker';
import { TEMPORAL_CLI_VERSION } from './cli-cache.ts';
import { DEV_SERVER_HOST } from './dev-server-args.ts';

const KEEP_MS = 10 * 24 * 3_600_000;
const { version: sdkVersion } = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
  version: string;
};

const [, , downloadDir] = process.argv;
if (downloadDir === undefined) throw new Error('usage: download-by-sdk <folder>');
// Whoever asked is gone: nobody would put the file in place.
process.once('disconnect', () => process.exit());
try {
  const runtime = Runtime.instance();
  // The SDK downloads only on the way to starting a server. Its package of test tools calls the same two methods.
  const server = await runtime.createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir,
      version: `v${TEMPORAL_CLI_VERSION}`,
      ttl: KEEP_MS,
      sdkName: 'sdk-typescript',
      sdkVersion,
    },
    namespace: 'default',
    ip: DEV_SERVER_HOST,
    port: null,
    ui: false,
    uiPort: null,
    dbFilename: null,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  });
  await runtime.shutdownEphemeralServer(server);
  process.exitCode = 0;
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  // The SDK's message repeats itself with every layer: the last one says what happened.
  const line =
    text
      .replaceAll(/\s*\n\s*/g, ' ')
      .split('): ')
      .at(-1) ?? text;
  process.stderr.write(`download from https://temporal.download failed: ${line}\n`);
  process.exitCode = 1;
}
process.disconnect?.();
