import type { Command } from 'commander';
import { EXIT_CODES, type ExitName } from './cli-error.ts';
import { ENVIRONMENT, type EnvironmentName } from './environment.ts';

/** What a command's help, and its page in the docs, show after its options. */
export interface CommandNotes {
  /** Paragraphs. */
  readonly more?: readonly string[];
  /** A command line and what it is for. */
  readonly examples?: readonly (readonly [string, string])[];
  readonly environment?: readonly EnvironmentName[];
  readonly exits?: readonly ExitName[];
}

const NOTES = new WeakMap<Command, CommandNotes>();

/** Adds notes to a command's help. */
export function setNotes(command: Command, notes: CommandNotes): Command {
  NOTES.set(command, notes);
  return command.addHelpText('after', () => `\n${renderNotes(notes)}`);
}

/** The notes of a command; empty ones when it has none. */
export function notesOf(command: Command): CommandNotes {
  return NOTES.get(command) ?? {};
}

function renderNotes({ more = [], examples = [], environment = [], exits = [] }: CommandNotes): string {
  const blocks = [
    ...more,
    heading(
      'Examples:',
      examples.map(([line, purpose]) => `  # ${purpose}\n  ${line}`),
    ),
    heading('Environment:', table(environment.map((name) => [name, ENVIRONMENT[name]]))),
    heading('Exit codes:', table(exits.map((name) => [String(EXIT_CODES[name].code), EXIT_CODES[name].meaning]))),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}
