import type { Command } from 'commander';
import { toLibrarySecret } from '../../signatures/secret-key.ts';
import { type ReceivedCallback, startCallbackReceiver } from '../callback-receiver.ts';
import { type CliIo, colorsFor } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { DEFAULT_URL, DEV_SECRETS_FILE } from '../environment.ts';
import { type Credential, findCallbackSecrets } from '../find-credentials.ts';
import { parseCount, parseDuration, parseHttpStatus, parsePort } from '../flag-values.ts';
import { callbackToJson, showCallback } from '../show/show-callback.ts';

const DEFAULT_PORT = 8081;

interface ReceiveFlags {
  readonly port?: number;
  readonly fail?: number;
  readonly status?: number;
  readonly slow?: number;
  readonly count?: number;
  readonly json?: boolean;
}

/** `receive`: a receiver on this machine that prints the callbacks that arrive. */
export function addReceive(program: Command, io: CliIo): void {
  const command = program
    .command('receive')
    .summary('receive callbacks on this machine')
    .description('Receive callbacks on this machine, verify their signatures and print them.')
    .option('--port <port>', `port on loopback; 0 picks a free port (default: ${DEFAULT_PORT})`, parsePort)
    .option('--fail <number>', 'answer this many deliveries with 500 first', parseCount)
    .option('--status <code>', 'answer with this status instead of 204, such as 410', parseHttpStatus)
    .option('--slow <duration>', 'delay every answer, such as by 20s', parseDuration)
    .option('--count <number>', 'exit after this many deliveries answered with 2xx (default: at Ctrl-C)', parseCount)
    .option('--json', 'print one line of JSON per delivery')
    .action((flags: ReceiveFlags) => receive(flags, io));
  setNotes(command, {
    more: [
      'A delivery with an invalid signature is answered with 401. `dev` sends callbacks to this machine; other servers\n' +
        'need CALLBACK_PERMIT_NETWORKS.',
    ],
    examples: [
      ['garudust-temporal receive', `then: garudust-temporal send "hi" --callback http://127.0.0.1:${DEFAULT_PORT}/`],
      ['garudust-temporal receive --fail 3', 'watch retries'],
      ['garudust-temporal receive --status 410', 'watch a run become a dead letter'],
    ],
    environment: ['CALLBACK_SECRET', 'GARUDUST_WEBHOOK_SECRET'],
    exits: ['ok', 'usage'],
  });
}

async function receive(flags: ReceiveFlags, io: CliIo): Promise<void> {
  const { interrupted, stdout, stderr } = io;
  // Read at every delivery: `dev` may generate its secrets after this has started.
  const secrets = (): readonly string[] => findCallbackSecrets(io, DEFAULT_URL)?.values ?? [];
  const known = findCallbackSecrets(io, DEFAULT_URL);
  const colors = colorsFor(stdout, io.env);
  let taken = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  interrupted.addEventListener('abort', finish, { once: true });
  if (interrupted.aborted) finish();

  const onCallback = (callback: ReceivedCallback): void => {
    stdout.write(`${flags.json === true ? callbackToJson(callback) : showCallback(callback, colors)}\n`);
    if (callback.answered < 300) taken += 1;
    if (taken === flags.count) finish();
  };
  const receiver = await startCallbackReceiver({
    port: flags.port ?? DEFAULT_PORT,
    failFirst: flags.fail ?? 0,
    status: flags.status ?? 204,
    delayMs: flags.slow ?? 0,
    secrets,
    onCallback,
  });
  stderr.write(`Receiving callbacks at ${receiver.url}\n`);
  if (known !== undefined) {
    stderr.write(`${describeLibrarySecret(known)}\n`);
  } else {
    stderr.write(
      `No secret found, so signatures are not verified: set GARUDUST_WEBHOOK_SECRET, or start \`dev\` in this folder, which keeps its own in ${DEV_SECRETS_FILE}.\n`,
    );
  }
  await finished;
  await receiver.close();
}

/** What a Standard Webhooks library takes: the secret that `dev` generated, or how to make it of the variable, never its value. */
function describeLibrarySecret({ values, origin }: Credential): string {
  const [secret, ...others] = values;
  const takes = 'A Standard Webhooks library takes';
  if (origin === DEV_SECRETS_FILE) return `${takes} ${toLibrarySecret(secret) ?? secret}`;
  if (values.every((value) => toLibrarySecret(value) === value)) return `${takes} ${origin} as it is.`;
  return others.length === 0
    ? `${takes} whsec_$(printf %s "$${origin}" | openssl base64 -A)`
    : `${takes} a secret without whsec_ as: whsec_$(printf %s "$SECRET" | openssl base64 -A)`;
}
