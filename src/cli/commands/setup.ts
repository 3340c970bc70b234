import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

/** `setup`: makes a Temporal server ready. */
export function addSetup(program: Command, io: CliIo): void {
  const command = program
    .command('setup')
    .summary('make a Temporal server ready for runs')
    .description(
      'Make a Temporal server ready for runs: its namespace and our search attributes. Safe to repeat. `dev` does this by itself.',
    )
    .option('--json', 'print the steps as JSON')
    .action(async (flags: { readonly json?: boolean }) => {
      const { runSetup } = await import('../temporal-server/run-setup.ts');
      await runSetup(flags, io);
    });
  setNotes(command, {
    more: ['The server is the one that TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables name.'],
    examples: [['TEMPORAL_ADDRESS=temporal.internal:7233 garudust-temporal setup', 'before the first deployment']],
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}
