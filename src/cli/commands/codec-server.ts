import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

/** `codec-server`: shows encrypted runs in the Temporal UI and CLI. */
export function addCodecServer(program: Command, io: CliIo): void {
  const command = program
    .command('codec-server')
    .summary('decrypt payloads for the Temporal UI and CLI')
    .description('Decrypt and encrypt payloads for the Temporal UI and CLI, with the keys of PAYLOAD_KEYS.')
    .option('--config <file>', 'settings file (default: garudust-temporal.yaml, if it exists)')
    .action(async (flags: Record<string, unknown>) => {
      const { runCodecServer } = await import('../../stack/run-codec-server.ts');
      await runCodecServer({ ...io, flags });
    });
  setNotes(command, {
    more: [
      'It listens on this machine alone unless CODEC_TOKEN sets a login; docs/configuration.md lists its settings. docs/payloads.md describes how the UI and the CLI use it.',
    ],
    examples: [['garudust-temporal codec-server', 'with TEMPORAL_UI_URL set to the address of a UI on this machine']],
    exits: ['ok', 'usage', 'internal'],
  });
}
