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
    .summary('add sources to the settings file, test them, read their secrets')
    .description(
      'Add sources to the settings file, test them with recorded events, and read the secrets that their senders post.',
    );
  const command = sources
    .command('test')
    .summary('show the task that an event would start')
    .description(
      'Show the task that an event would start, or why it would start none. Nothing is sent, and no server is contacted. With the headers of the delivery its signature is checked, and a mismatch explained.',
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
  const secret = sources
    .command('secret')
    .summary('show a secret that a sender has posted')
    .description(
      'Show the secret that the sender of a source has posted to this server, such as Asana does when you create a webhook. It is shown once and then forgotten. Run it on the machine, and as the user, of the server whose log says that a secret was posted.',
    )
    .argument('<source>', 'name of a source in the settings file')
    .action(async (name: string) => {
      const { showPostedSecret } = await import('../sources/show-posted-secret.ts');
      io.exit = await showPostedSecret(name, io);
    });
  setNotes(secret, {
    examples: [['garudust-temporal sources secret asana', 'after the webhook was created']],
    exits: ['ok', 'usage'],
  });
  const add = sources
    .command('add')
    .summary('print the settings of a sender')
    .description(
      'Print the block of a preset for the settings file, with what to do on the side of the sender. Nothing is changed.',
    )
    .argument('<preset>', 'name of a preset, such as github')
    .action(async (name: string) => {
      const { describePreset } = await import('../sources/add-source.ts');
      io.stdout.write(describePreset(name));
      io.exit = 'ok';
    });
  setNotes(add, {
    examples: [
      [
        'garudust-temporal sources add stripe >> garudust-temporal.yaml',
        'the block, appended to a file without sources',
      ],
    ],
    exits: ['ok', 'usage'],
  });
}

function addHeader(text: string, before: readonly Header[] = []): readonly Header[] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Not a header: write "Name: value".');
  }
  return [...before, [name.toLowerCase(), value.trim()]];
}
