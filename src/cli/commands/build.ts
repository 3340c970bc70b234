import type { Command } from 'commander';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

/** `build`: bundles the workflows of the settings ahead of the start. */
export function addBuild(program: Command, io: CliIo): void {
  const command = program
    .command('build')
    .summary('bundle the workflows of the settings file')
    .description(
      'Bundle the workflows of the settings file into one file, which `start`, `ingress` and `worker` load instead of bundling at every start.',
    )
    .option('--config <file>', 'settings file (default: garudust-temporal.yaml, if it exists)')
    .option('--out <file>', 'file to write (default: workflow_bundle of the settings file)')
    .action(async ({ out, ...flags }: { readonly out?: string; readonly config?: string }) => {
      const { buildWorkflows } = await import('../../stack/build-workflows.ts');
      const { path, bytes, workflows } = await buildWorkflows({ env: io.env, cwd: io.cwd, flags, out });
      const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
      io.stdout.write(`Wrote ${path} (${size}) with ${workflows.join(', ')}.\n`);
    });
  setNotes(command, {
    more: [
      'It loads each workflow and its schema, and fails with the workflow and the reason where one cannot be served. It reads nothing else of the settings, so it needs no secrets and no Temporal server.',
      'The bundle contains the sources of the workflows. Build it with the version of garudust-temporal that runs it.',
    ],
    examples: [['garudust-temporal build --config garudust-temporal.yaml', 'in a Dockerfile']],
    exits: ['ok', 'usage', 'internal'],
  });
}
