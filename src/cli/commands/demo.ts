import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { showReady } from '../dev/show-ready.ts';
import { startDevStack } from '../dev/start-dev-stack.ts';
import { takeRoundTrip } from '../dev/take-round-trip.ts';
import { createProgress } from '../show/progress.ts';
import { serveUntilStopped } from '../stack/serve-until-stopped.ts';

/** `demo`: one whole round trip on this machine. */
export function addDemo(program: Command, io: CliIo): void {
  const command = program
    .command('demo')
    .summary('one whole round trip on this machine, from webhook to callback')
    .description(
      'Start the whole of `dev` on free ports, post a signed webhook to it, follow its run, receive its callback and check the signature, then stop everything.',
    )
    .option('--keep', 'leave it running, with its Temporal UI, until Ctrl-C')
    .action(async (flags: { readonly keep?: boolean }) => {
      await demo(flags.keep === true, io);
    });
  setNotes(command, {
    more: ['With GARUDUST_URL set, your own Garudust answers; with TEMPORAL_ADDRESS, that server is used.'],
    examples: [['garudust-temporal demo --keep', 'and look at the run in the Temporal UI']],
    exits: ['ok', 'runFailed', 'usage', 'unavailable', 'interrupted'],
  });
}

async function demo(keep: boolean, io: CliIo): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-demo-'));
  const progress = createProgress(io);
  try {
    const stack = await startDevStack(io, {
      folder,
      temporalPort: 0,
      temporalUiPort: 0,
      flags: { host: '127.0.0.1', port: '0', adminHost: '127.0.0.1', adminPort: '0', logLevel: 'error' },
      file: false,
      progress,
    }).finally(() => progress.stop());
    try {
      io.exit = await takeRoundTrip(stack, io);
      if (keep) {
        showReady(stack, io);
        await serveUntilStopped(stack, io, stack.serverDied);
      }
    } finally {
      await stack.drain();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
