import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { within } from '../../timing/within.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import { createApiClient, type TaskBody } from '../api-client.ts';
import { type ReceivedCallback, startCallbackReceiver } from '../callback-receiver.ts';
import { CliError, type ExitName } from '../cli-error.ts';
import { type CliIo, colorsFor } from '../cli-io.ts';
import type { Credential } from '../find-credentials.ts';
import { followRun } from '../follow-run.ts';
import { createProgress } from '../show/progress.ts';
import { showCallback } from '../show/show-callback.ts';
import { showRun } from '../show/show-run.ts';
import type { DevStack } from './start-dev-stack.ts';

const CALLBACK_TIMEOUT_MS = 60_000;

/**
 * Posts one signed webhook, follows its run and receives its callback, reporting each step on stdout.
 *
 * @throws CliError when the callback does not arrive or its signature is invalid
 */
export async function takeRoundTrip(stack: Pick<DevStack, 'config' | 'ingressUrl'>, io: CliIo): Promise<ExitName> {
  const { config, ingressUrl } = stack;
  const colors = colorsFor(io.stdout, io.env);
  const say = (title: string, text: string): void => {
    io.stdout.write(`\n${colors.bold(title)}\n${text.replaceAll(/^/gm, '  ')}\n`);
  };
  const [client] = config.clients;
  const api = createApiClient({
    url: ingressUrl,
    secrets: toCredential(client?.webhookSecret ?? []),
    apiKey: toCredential(client?.apiKey ?? []),
    signal: io.interrupted,
  });
  let onCallback: (callback: ReceivedCallback) => void = () => undefined;
  const arrived = new Promise<ReceivedCallback>((resolve) => (onCallback = resolve));
  const receiver = await startCallbackReceiver({
    port: 0,
    failFirst: 0,
    status: 204,
    delayMs: 0,
    secrets: () => client?.callbackSecret ?? client?.webhookSecret ?? [],
    onCallback: (callback) => onCallback(callback),
  });
  const progress = createProgress(io);
  try {
    const task = { ...sampleTask(client), callback_url: `${receiver.url}hooks`, session_key: 'demo' };
    say('1. The signed webhook', `POST ${ingressUrl}/webhook\n${JSON.stringify(task)}`);
    const { run: accepted } = await api.sendTask(task, `demo-${randomUUID()}`);
    say('2. 202 Accepted, immediately', JSON.stringify(accepted, null, 2));
    const run = await followRun(api, accepted.id, { progress, seen: accepted, interrupted: io.interrupted });
    progress.show('waiting for the callback');
    const callback = await within(CALLBACK_TIMEOUT_MS, arrived, () => {
      throw new CliError('internal', `No callback arrived within ${CALLBACK_TIMEOUT_MS / 1000} s.`);
    });
    progress.stop();
    say('3. The callback, as received', `${showCallback(callback, colors)}\n${JSON.stringify(callback.body, null, 2)}`);
    const final = await untilDelivered(() => api.getRun(run.id));
    say('4. The run, as GET /v1/runs/:id shows it', showRun(final, { now: Date.now(), colors }));
    io.stdout.write('\n');
    if (callback.signature !== 'good') throw new CliError('internal', 'The signature of the callback is invalid.');
    return final.status === 'completed' ? 'ok' : 'runFailed';
  } finally {
    progress.stop();
    await receiver.close();
  }
}

function toCredential([first, ...others]: readonly string[]): Credential | undefined {
  return first === undefined ? undefined : { values: [first, ...others], origin: 'generated' };
}

/** The receiver gets the callback a moment before Temporal records it. */
async function untilDelivered(read: () => Promise<RunResource>): Promise<RunResource> {
  for (let attempt = 0; ; attempt += 1) {
    const run = await read();
    if (run.callback.status === 'delivered' || attempt === 20) return run;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A first task that the client may send: on behalf of a permitted user where it may not be anybody's. */
export function sampleTask(client: Pick<Config['clients'][number], 'allowedUserIds'> | undefined): TaskBody {
  const [user] = client?.allowedUserIds ?? [];
  return { text: 'Summarise why deployment 4312 failed', ...(user !== undefined && { user_id: user }) };
}
