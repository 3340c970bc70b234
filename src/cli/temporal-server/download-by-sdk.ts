/** Program run by `download-temporal-cli.ts`: `node download-by-sdk.js <folder>` leaves the Temporal CLI there. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { TEMPORAL_CLI_VERSION } from './cli-cache.ts';

const [, , downloadDir] = process.argv;
if (downloadDir === undefined) throw new Error('usage: download-by-sdk <folder>');
// Whoever asked is gone: nobody would put the file in place.
process.once('disconnect', () => process.exit());
try {
  // The SDK downloads only on the way to starting a server.
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', downloadDir, version: `v${TEMPORAL_CLI_VERSION}`, ttl: '10 days' },
    },
  });
  await environment.teardown();
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
