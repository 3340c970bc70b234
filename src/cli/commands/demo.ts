import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

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
      const { runDemo } = await import('../dev/run-demo.ts');
      await runDemo(flags.keep === true, io);
    });
  setNotes(command, {
    more: ['With GARUDUST_URL set, your own Garudust answers; with TEMPORAL_ADDRESS, that server is used.'],
    examples: [['garudust-temporal demo --keep', 'and look at the run in the Temporal UI']],
    exits: ['ok', 'runFailed', 'usage', 'unavailable', 'interrupted'],
  });
}
