import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { signGithub } from '../../signatures/sign-request.ts';
import { signStandardWebhook } from '../../signatures/standard-webhooks.ts';
import { CliError } from '../cli-error.ts';
import { type CliIo, readInput } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { DEFAULT_URL } from '../environment.ts';
import { findWebhookSecrets, missingCredential } from '../find-credentials.ts';
import { parseTimestamp } from '../flag-values.ts';
import { shellQuote } from '../show/terminal-text.ts';

interface SignFlags {
  readonly standardWebhooks?: boolean;
  readonly id?: string;
  readonly timestamp?: number;
  readonly curl?: string;
}

/** Longer arguments meet the limits of systems. */
const MAX_INLINE_BYTES = 100_000;

/** `sign [file|-]`: prints the headers that sign a body. */
export function addSign(program: Command, io: CliIo): void {
  const command = program
    .command('sign')
    .summary('print the signature headers of a request body')
    .description('Print the headers that sign a request body, byte for byte, to test a sender of your own.')
    .argument('[file|-]', 'file with the body; - or no argument reads stdin')
    .option('--standard-webhooks', 'webhook-id, webhook-timestamp and webhook-signature, not X-Hub-Signature-256');
  command
    .addOption(
      command
        .createOption('--id <id>', 'the webhook-id (default: a new one; implies --standard-webhooks)')
        .implies({ standardWebhooks: true }),
    )
    .addOption(
      command
        .createOption('--timestamp <seconds>', 'the webhook-timestamp (default: now; implies --standard-webhooks)')
        .argParser(parseTimestamp)
        .implies({ standardWebhooks: true }),
    )
    .option('--curl <url>', 'print a curl command that posts the body to this URL')
    .action(async (file: string | undefined, flags: SignFlags) => {
      await sign(file ?? '-', flags, io);
    });
  setNotes(command, {
    examples: [
      ['garudust-temporal sign task.json', 'the header for a file'],
      [`garudust-temporal sign task.json --curl ${DEFAULT_URL}/webhook | sh`, 'send it'],
      [
        `printf '{"text":"hi"}' | garudust-temporal sign --standard-webhooks`,
        'with a timestamp, which prevents replays',
      ],
    ],
    environment: ['GARUDUST_WEBHOOK_SECRET'],
    exits: ['ok', 'usage', 'interrupted'],
  });
}

async function sign(file: string, flags: SignFlags, io: CliIo): Promise<void> {
  const secrets = findWebhookSecrets(
    io,
    flags.curl !== undefined && URL.canParse(flags.curl) ? flags.curl : DEFAULT_URL,
  );
  if (secrets === undefined) throw missingCredential('GARUDUST_WEBHOOK_SECRET', 'webhook secret');
  const body = await readInput(file, io);
  const headers = makeHeaders(secrets.values, body, flags);
  if (flags.curl !== undefined) {
    io.stdout.write(`${curlLine(flags.curl, headers, file, body)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(headers)) io.stdout.write(`${name}: ${value}\n`);
}

function makeHeaders(
  secrets: readonly [string, ...string[]],
  body: Uint8Array,
  { standardWebhooks, id = `msg_${randomUUID()}`, timestamp = Math.floor(Date.now() / 1000) }: SignFlags,
): Readonly<Record<string, string>> {
  if (standardWebhooks !== true) return { 'X-Hub-Signature-256': signGithub(secrets[0], body) };
  try {
    return signStandardWebhook({ secrets, id, timestamp, body });
  } catch (error) {
    if (error instanceof TypeError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
}

function curlLine(url: string, headers: Readonly<Record<string, string>>, file: string, body: Buffer): string {
  const all = { 'Content-Type': 'application/json', ...headers };
  const words = Object.entries(all).map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`);
  return ['curl', ...words, curlBody(file, body), shellQuote(url)].join(' ');
}

/** Only `--data-binary @file` and `--data-raw` send bytes unchanged. */
function curlBody(file: string, body: Buffer): string {
  if (file !== '-') return `--data-binary ${shellQuote(`@${file}`)}`;
  if (body.length > MAX_INLINE_BYTES || !isUtf8(body) || body.includes(0)) {
    throw new CliError(
      'usage',
      'The body is too long or not text, so it does not fit into a curl command: pass it as a file.',
    );
  }
  return `--data-raw ${shellQuote(body.toString('utf8'))}`;
}
