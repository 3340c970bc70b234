import type { Command } from 'commander';
import type { RunResource } from '../../protocol/run-resource.ts';
import { connectApi } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { parseRunId } from '../flag-values.ts';
import { printJson } from '../report-outcome.ts';
import { addUrlOption } from '../server-url.ts';
import { toTerminalText } from '../show/terminal-text.ts';

interface AnswerFlags {
  readonly url?: string;
  readonly json?: boolean;
  readonly question?: string;
  readonly by?: string;
  readonly comment?: string;
}

/** `runs answer <id> <answer>`. */
export function addRunsAnswer(runs: Command, io: CliIo): void {
  const command = runs
    .command('answer')
    .summary('answer a question of a run')
    .description('Answer a question that a run asks a person. The first answer counts.')
    .argument('<id>', 'the run id', parseRunId)
    .argument('<answer>', 'one of the choices, or a text where there are none')
    .option('--question <id>', 'the question (default: the one that is open)')
    .option('--by <name>', 'who answers (default: your client)')
    .option('--comment <text>', 'a comment for the workflow');
  addUrlOption(command)
    .option('--json', 'print the run as JSON')
    .action((id: string, answer: string, flags: AnswerFlags) => answerRun(id, answer, flags, io));
  setNotes(command, {
    more: ['`runs get <id> --json` shows what the run asks.'],
    environment: ['GARUDUST_TEMPORAL_URL', 'RUNS_API_KEY'],
    exits: ['ok', 'usage', 'unavailable', 'refused', 'interrupted'],
    examples: [['garudust-temporal runs answer run-4x7q… approve --by ann', 'approve what waits for it']],
  });
}

async function answerRun(id: string, answer: string, flags: AnswerFlags, io: CliIo): Promise<void> {
  const api = connectApi(flags, io);
  const question = flags.question ?? findQuestion(await api.getRun(id));
  const { by, comment } = flags;
  const { run, unchanged } = await api.answerRun(id, {
    question,
    answer,
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment }),
  });
  if (flags.json === true) printJson(run, io);
  else
    io.stdout.write(
      `${unchanged ? 'Answered before, with the same answer' : 'Answered'}: ${toTerminalText(question)}.\n`,
    );
}

function findQuestion({ id, questions = [] }: RunResource): string {
  const open = questions.filter(({ status }) => status === 'open');
  // Who comes late is told who answered, and when.
  const [only = questions.at(-1)] = open;
  if (only === undefined) throw new CliError('usage', `${id} asks nothing.`);
  if (open.length <= 1) return only.id;
  throw new CliError(
    'usage',
    `${id} asks several questions: add --question ${open.map((one) => one.id).join(' or ')}.`,
  );
}
