import { type Command, InvalidArgumentError } from 'commander';
import { type CliIo, readInput } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

type Header = readonly [name: string, value: string];

interface TestFlags {
  readonly header?: readonly Header[];
  readonly config?: string;
  readonly json?: boolean;
}

/** `sources`: what the sources of the settings file make of events. */
export function addSources(program: Command, io: CliIo): void {
  const sources = program
    .command('sources')
    .summary('test the sources of the settings file')
    .description('Test the sources of the settings file with recorded events.');
  const command = sources
    .command('test')
    .summary('show the task that an event would start')
    .description(
      'Show the task that an event would start, or why it would start none. Nothing is sent, no server is contacted, and no signature is verified.',
    )
    .argument('<source>', 'name of a source in the settings file')
    .argument('<event|->', 'file with the body of a delivery; - reads it from stdin')
    .option('--header <header>', 'header of the delivery, such as "X-GitHub-Event: push"; repeatable', addHeader)
    .option('--config <file>', 'settings file (default: garudust-temporal.yaml, if it exists)')
    .option('--json', 'print the task as JSON')
    .action(async (name: string, file: string, flags: TestFlags) => {
      const { testSource } = await import('../sources/test-source.ts');
      const body = await readInput(file, io);
      io.exit = await testSource({ name, body, headers: flags.header ?? [], json: flags.json === true }, flags, io);
    });
  setNotes(command, {
    more: [
      'Settings are read as in `dev`. Environment variables that the file refers to may be unset.\n' +
        'A body that starts like JSON is read as JSON, any other as a form; --header "Content-Type: …" overrides this.',
    ],
    examples: [
      [
        'garudust-temporal sources test github event.json --header "X-GitHub-Event: push"',
        'a delivery copied from the settings of a GitHub webhook',
      ],
    ],
    exits: ['ok', 'usage', 'refused', 'nothingStarted'],
  });
}

function addHeader(text: string, before: readonly Header[] = []): readonly Header[] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Not a header: write "Name: value".');
  }
  return [...before, [name.toLowerCase(), value.trim()]];
}
