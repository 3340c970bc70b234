import { Command, CommanderError } from 'commander';
import { StartError } from '../stack/start-error.ts';
import { readVersion } from '../telemetry/read-version.ts';
import { asCalled } from './called-as.ts';
import { CliError, EXIT_CODES, type ExitName } from './cli-error.ts';
import { type CliIo, isLively } from './cli-io.ts';
import { setNotes } from './command-notes.ts';
import { addBuild } from './commands/build.ts';
import { addDeploy } from './commands/deploy.ts';
import { addAgents } from './commands/agents.ts';
import { addDemo, addDev } from './commands/dev.ts';
import { addCodecServer } from './commands/codec-server.ts';
import { addProcesses, addSetup } from './commands/processes.ts';
import { addReceive } from './commands/receive.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedules } from './commands/schedules.ts';
import { addSend } from './commands/send.ts';
import { addSign } from './commands/sign.ts';
import { addSources } from './commands/sources.ts';
import { toTerminalText } from './show/terminal-text.ts';

/** The commands by the heading that help shows them under; each function adds one to the program. */
const COMMANDS: Readonly<Record<string, readonly ((program: Command, io: CliIo) => void)[]>> = {
  'Run it:': [addDev, addDemo, addAgents],
  'Run it in production:': [addProcesses, addBuild, addSetup, addSchedules, addDeploy, addCodecServer],
  'Send tasks and follow runs:': [addSend, addRuns],
  'Build and test a sender or a receiver:': [addSign, addReceive, addSources],
};

const HELP_WIDTH = 100;

/** The whole program. Parsing never ends the process: it throws a CommanderError instead. */
export function createProgram(io: CliIo): Command {
  const width = (columns: number | undefined): number => Math.min(columns || HELP_WIDTH, HELP_WIDTH);
  // Subcommands copy these settings when they are added, so they come first.
  const program = new Command('garudust-temporal')
    .description('Durable agent runs from webhooks, on Temporal.')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .showHelpAfterError('(--help lists arguments and options)')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(asCalled(text, io)),
      writeErr: (text) => void io.stderr.write(asCalled(text, io)),
      getOutHelpWidth: () => width(io.stdout.columns),
      getErrHelpWidth: () => width(io.stderr.columns),
      getOutHasColors: () => isLively(io.stdout, io.env),
      getErrHasColors: () => isLively(io.stderr, io.env),
    })
    .version(readVersion(), '-V, --version', 'show the version');
  for (const [heading, adders] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const add of adders) add(program, io);
  }
  program.commandsGroup('Help:').helpCommand('help [command]', 'show the help of a command');
  setNotes(program, {
    examples: [
      ['garudust-temporal send "Summarise why deployment 4312 failed" --wait', 'ask and wait for the answer'],
      ['garudust-temporal runs get run-4x7q…', 'show a run'],
    ],
    exits: Object.keys(EXIT_CODES) as ExitName[],
  });
  return program;
}

/**
 * Runs one command line.
 *
 * @param args without the program's own name
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], io: CliIo): Promise<number> {
  try {
    await createProgram(io).parseAsync(args, { from: 'user' });
    return EXIT_CODES[io.exit].code;
  } catch (error) {
    return EXIT_CODES[explain(error, io)].code;
  }
}

/** Prints what went wrong, and returns how the program exits. */
function explain(error: unknown, io: CliIo): ExitName {
  // Commander has printed it; requested help exits with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'ok' : 'usage';
  if (error instanceof StartError) return explain(new CliError('usage', error.message, { cause: error }), io);
  if (error instanceof CliError) {
    const label = error.exit === 'interrupted' ? '' : 'error: ';
    io.stderr.write(`${label}${toTerminalText(asCalled(error.message, io), { keepLines: true })}\n`);
    return error.exit;
  }
  if (io.interrupted.aborted) return 'interrupted';
  const message = error instanceof Error ? error.message : String(error);
  io.stderr.write(`error: unexpected failure, please report it: ${toTerminalText(message)}\n`);
  return 'internal';
}
