import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliIo } from '../cli-io.ts';
import { createProgress } from '../show/progress.ts';
import { serveUntilStopped } from '../../stack/serve-until-stopped.ts';
import { showReady } from './show-ready.ts';
import { startDevStack } from './start-dev-stack.ts';
import { takeRoundTrip } from './take-round-trip.ts';

/** What keeps callbacks from the demo's own receiver, which is on this machine. */
const NARROWING = ['GARUDUST_ALLOWED_CALLBACK_DOMAINS', 'CALLBACK_PERMIT_NETWORKS', 'CALLBACK_PROXY'];

/** Starts everything in a temporary folder and on free ports, takes one round trip and, unless `keep`, stops it all. */
export async function runDemo(keep: boolean, io: CliIo): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-demo-'));
  const progress = createProgress(io);
  try {
    const env = Object.fromEntries(Object.entries(io.env).filter(([name]) => !NARROWING.includes(name)));
    const stack = await startDevStack(
      { ...io, env },
      {
        folder,
        temporalPort: 0,
        temporalUiPort: 0,
        flags: { host: '127.0.0.1', port: '0', adminHost: '127.0.0.1', adminPort: '0', logLevel: 'error' },
        file: false,
        progress,
      },
    ).finally(() => progress.stop());
    try {
      io.exit = await takeRoundTrip(stack, io);
      if (keep) {
        showReady({ ...stack, keepsSecrets: false }, io);
        await serveUntilStopped(stack, io.interrupted, {
          tell: (line) => void io.stderr.write(`${line}\n`),
          until: stack.serverDied,
        });
      }
    } finally {
      await stack.drain();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
