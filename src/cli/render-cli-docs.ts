import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { EXIT_CODES } from './cli-error.ts';
import { notesOf } from './command-notes.ts';
import { ENVIRONMENT } from './environment.ts';
import { createProgram } from './program.ts';

/** The page `docs/cli.md`: every command with its options, the environment and the exit codes, as the program has them. */
export function renderCliDocs(): string {
  const program = createProgram({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    cwd: '',
    callName: 'garudust-temporal',
    interrupted: new AbortController().signal,
    exit: 'ok',
  });
  const commands = program.commands.flatMap((command) => leavesOf(command, []));
  const sections = [
    '<!-- Written by scripts/write-docs.ts from src/cli: change it there. -->',
    '# Command line',
    `${program.description()} \`${program.name()} --help\` shows the same as this page.`,
    table(
      ['command', 'does'],
      commands.map(({ path, command }) => [`[${code(path)}](#${path.replaceAll(' ', '-')})`, command.summary()]),
    ),
    ...commands.flatMap(({ path, command }) => renderCommand(program.name(), path, command)),
    '## Environment',
    'The commands above read these variables. A flag overrides its variable. [configuration.md](configuration.md) lists the settings of the servers.',
    table(
      ['variable', 'meaning'],
      Object.entries(ENVIRONMENT).map(([name, meaning]) => [code(name), meaning]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.values(EXIT_CODES).map(({ code: number, meaning }) => [String(number), meaning]),
    ),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

interface Leaf {
  /** Such as `runs get`. */
  readonly path: string;
  readonly command: Command;
}

function leavesOf(command: Command, above: readonly string[]): Leaf[] {
  const path = [...above, command.name()];
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((child) => leavesOf(child, path));
}

function renderCommand(program: string, path: string, command: Command): string[] {
  const { more = [], examples = [], environment = [], exits = [] } = notesOf(command);
  const names = environment.map(code).join(', ');
  const codes = exits.map((name) => String(EXIT_CODES[name].code)).join(', ');
  return [
    `## ${path}`,
    command.description(),
    fence(`${program} ${path} ${command.usage()}`),
    ...more.map((paragraph) => paragraph.replaceAll('\n', ' ')),
    command.registeredArguments.map((argument) => `- ${code(argument.name())}: ${argument.description}`).join('\n'),
    table(
      ['option', 'meaning'],
      command.options.filter(({ hidden }) => !hidden).map(({ flags, description }) => [code(flags), description]),
    ),
    examples.length === 0 ? '' : fence(examples.map(([line, purpose]) => `# ${purpose}\n${line}`).join('\n')),
    [names && `Environment: ${names}.`, codes && `Exit codes: ${codes}.`].filter(Boolean).join(' '),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

function fence(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}

/** A Markdown table with its columns aligned, as Prettier would leave it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill = ' '): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [
    line(first),
    line(
      widths.map(() => ''),
      '-',
    ),
    ...others.map((row) => line(row)),
  ].join('\n');
}
