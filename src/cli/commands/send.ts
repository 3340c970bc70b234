import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { RunResource } from '../../protocol/run-resource.ts';
import { type ApiClient, createApiClient, type TaskBody } from '../api-client.ts';
import { CliError, type ExitName } from '../cli-error.ts';
import { type CliIo, readInput } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { findApiKey, findWebhookSecrets, missingCredential } from '../find-credentials.ts';
import { collectEntries, parseDuration } from '../flag-values.ts';
import { printJson, waitAndReport, waitCommand } from '../report-outcome.ts';
import { sendWithRetries } from '../send-with-retries.ts';
import { addUrlOption, readServerUrl } from '../server-url.ts';
import { createProgress } from '../show/progress.ts';
import { toTerminalText } from '../show/terminal-text.ts';

const RETRY_FOR_MS = 10_000;

interface SendFlags {
  readonly url?: string;
  readonly callback?: string;
  readonly session?: string;
  readonly user?: string;
  readonly agent?: string;
  readonly metadata?: readonly string[];
  readonly workflow?: string;
  readonly input?: string;
  readonly delay?: string;
  readonly at?: string;
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly retryFor?: number;
  readonly json?: boolean;
}

/** `send <text|->`: posts a task. */
export function addSend(program: Command, io: CliIo): void {
  const command = program
    .command('send')
    .summary('send a task to the agent')
    .description(
      'Send a task to a server, signed with the webhook secret, or with the API key where there is none; with --wait, follow its run and print the output.',
    )
    .argument('[text|-]', 'the task for the agent; - reads it from stdin; may be absent with --input');
  addUrlOption(command)
    .option('--callback <url>', 'URL that receives the outcome')
    .option('--session <key>', 'conversation that the task belongs to')
    .option('--user <id>', 'user that the task acts for')
    .option('--agent <name>', 'agent that runs the task (default: that of the server)')
    .option('--workflow <name>', 'workflow that runs instead of an agent')
    .option('--input <json>', 'what the workflow is given, instead of the text')
    .option('--metadata <name=value>', 'a short string to find the run by; repeat it for more', collectEntries)
    .option('--delay <duration>', 'how long the run waits before it starts, such as 90s or 2h')
    .option('--at <time>', 'when the run starts, such as 2026-01-31T12:00:00Z')
    .option('--idempotency-key <key>', 'the same key and task give the same run (default: a new key)')
    .option('--wait', 'follow the run and print its output')
    .addOption(
      command
        .createOption('--timeout <duration>', 'maximum wait, such as 90s or 10m (implies --wait)')
        .argParser(parseDuration)
        .implies({ wait: true }),
    )
    .option('--retry-for <duration>', 'how long to retry while the server is unreachable (default: 10s)', parseDuration)
    .option('--json', 'print the run as JSON')
    .action(async (text: string | undefined, flags: SendFlags) => {
      io.exit = await send(text, flags, io);
    });
  setNotes(command, {
    more: [
      'Prints the run id, or with --wait the output of the run; everything else goes to stderr.\n' +
        'In the folder of a running `dev` it needs no settings.',
    ],
    examples: [
      ['garudust-temporal send "Summarise why deployment 4312 failed" --wait', 'ask and wait for the answer'],
      [
        'git diff | garudust-temporal send - --callback https://ci.example.com/hooks',
        'a long text, answered by callback',
      ],
      [
        'garudust-temporal send "Nightly report" --idempotency-key report-2026-11-24',
        'runs once, however often it is sent',
      ],
    ],
    environment: ['GARUDUST_TEMPORAL_URL', 'GARUDUST_WEBHOOK_SECRET', 'RUNS_API_KEY'],
    exits: [
      'ok',
      'runFailed',
      'usage',
      'unavailable',
      'refused',
      'runTimedOut',
      'runCanceled',
      'stillRunning',
      'interrupted',
    ],
  });
}

async function send(argument: string | undefined, flags: SendFlags, io: CliIo): Promise<ExitName> {
  const url = readServerUrl(flags.url, io);
  const secrets = findWebhookSecrets(io, url);
  const apiKey = findApiKey(io, url);
  if (secrets === undefined && apiKey === undefined) {
    throw missingCredential('GARUDUST_WEBHOOK_SECRET', 'webhook secret');
  }
  if (flags.wait === true && apiKey === undefined) throw missingCredential('RUNS_API_KEY', 'API key to wait with');
  const task = await readTask(argument, flags, io);
  const deliveryId = flags.idempotencyKey ?? `cli-${randomUUID()}`;
  const api = createApiClient({ url, secrets, apiKey, signal: io.interrupted });
  const { run, unchanged } = await post(api, task, deliveryId, flags, io);

  if (unchanged) io.stderr.write(`This task is already recorded as ${run.id}.\n`);
  if (flags.wait === true) return waitAndReport(api, run.id, { ...flags, seen: run }, io);
  if (flags.json === true) printJson(run, io);
  else sayRecorded(run, flags, io);
  return 'ok';
}

async function readTask(argument: string | undefined, flags: SendFlags, io: CliIo): Promise<TaskBody> {
  const text = argument === '-' ? (await readInput('-', io)).toString('utf8') : argument;
  const input = flags.input === undefined ? {} : { input: readJson(flags.input) };
  if (text === undefined ? flags.input === undefined : text.trim() === '')
    throw new CliError('usage', 'The task is empty: write what the agent should do.');
  return {
    ...(text !== undefined && { text }),
    ...input,
    ...(flags.workflow !== undefined && { workflow: flags.workflow }),
    ...(flags.callback !== undefined && { callback_url: flags.callback }),
    ...(flags.session !== undefined && { session_key: flags.session }),
    ...(flags.user !== undefined && { user_id: flags.user }),
    ...(flags.agent !== undefined && { agent: flags.agent }),
    ...(flags.metadata && { metadata: toMetadata(flags.metadata) }),
    ...(flags.delay !== undefined && { delay: flags.delay }),
    ...(flags.at !== undefined && { at: flags.at }),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('usage', 'The input is not valid JSON: put it in quotes, such as --input \'{"ticket": 7}\'.', {
      cause: error,
    });
  }
}

function toMetadata(entries: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

async function post(
  api: ApiClient,
  task: TaskBody,
  deliveryId: string,
  flags: SendFlags,
  io: CliIo,
): ReturnType<typeof sendWithRetries> {
  const progress = createProgress(io);
  try {
    const forMs = flags.retryFor ?? RETRY_FOR_MS;
    return await sendWithRetries(api, task, deliveryId, { forMs, progress, interrupted: io.interrupted });
  } catch (error) {
    if (!io.interrupted.aborted) throw error;
    const message = `Interrupted before the server answered. The server may have received the task. To send it again safely, add --idempotency-key ${deliveryId}`;
    throw new CliError('interrupted', message, { cause: error });
  } finally {
    progress.stop();
  }
}

function sayRecorded(run: RunResource, flags: SendFlags, io: CliIo): void {
  io.stdout.write(`${run.id}\n`);
  io.stderr.write(`Recorded. Follow it: ${waitCommand(run.id, flags.url, io)}\n`);
  if (run.links.temporal_ui !== undefined) io.stderr.write(`Temporal UI: ${toTerminalText(run.links.temporal_ui)}\n`);
}
