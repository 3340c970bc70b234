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
    .summary('try out the sources of the settings file')
    .description('Try out the sources of the settings file on recorded events.');
  const command = sources
    .command('test')
    .summary('show the task that an event would start')
    .description(
      'Show the task that an event would start, or why it would start none. No signature is needed or checked, nothing is sent, and no server is asked.',
    )
    .argument('<source>', 'name of a source in the settings file')
    .argument('<event|->', 'file with the body of a delivery; - reads it from stdin')
    .option('--header <header>', 'a header of the delivery, such as "X-GitHub-Event: push"; may be repeated', addHeader)
    .option('--config <file>', 'settings file (default: garudust-temporal.yaml where there is one)')
    .option('--json', 'print the task as JSON')
    .action(async (name: string, file: string, flags: TestFlags) => {
      const { testSource } = await import('../sources/test-source.ts');
      const body = await readInput(file, io);
      io.exit = await testSource({ name, body, headers: flags.header ?? [], json: flags.json === true }, flags, io);
    });
  setNotes(command, {
    more: [
      'Settings are read as `dev` reads them. A variable that the file takes from the environment need not be set.\n' +
        'The body counts as JSON, or as a form where it does not begin like JSON; --header "Content-Type: …" says otherwise.',
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
    throw new InvalidArgumentError('It is not a header: write "Name: value".');
  }
  return [...before, [name.toLowerCase(), value.trim()]];
}
