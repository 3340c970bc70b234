import type { Command, Help } from 'commander';
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
  return command.addHelpText('after', ({ error }) => {
    const output = command.configureOutput();
    const helper = command.createHelp();
    helper.prepareContext({ helpWidth: (error ? output.getErrHelpWidth?.() : output.getOutHelpWidth?.()) ?? 80 });
    return `\n${renderNotes(notes, helper)}`;
  });
}

/** The notes of a command; empty ones when it has none. */
export function notesOf(command: Command): CommandNotes {
  return NOTES.get(command) ?? {};
}

/** Paragraphs and tables break between words; an example is a line to paste and stays whole. */
function renderNotes({ more = [], examples = [], environment = [], exits = [] }: CommandNotes, helper: Help): string {
  const blocks = [
    ...more.map((paragraph) => helper.boxWrap(paragraph, helper.helpWidth ?? 80)),
    heading(
      'Examples:',
      examples.map(([line, purpose]) => `  # ${purpose}\n  ${line}`),
    ),
    heading(
      'Environment:',
      table(
        helper,
        environment.map((name) => [name, ENVIRONMENT[name]]),
      ),
    ),
    heading(
      'Exit codes:',
      table(
        helper,
        exits.map((name) => [String(EXIT_CODES[name].code), EXIT_CODES[name].meaning]),
      ),
    ),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function heading(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines].join('\n');
}

function table(helper: Help, rows: readonly (readonly [term: string, text: string])[]): string[] {
  const width = Math.max(0, ...rows.map(([term]) => term.length));
  return rows.map(([term, text]) => helper.formatItem(term, width, text, helper));
}
