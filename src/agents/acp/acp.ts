import { setTimeout as sleep } from 'node:timers/promises';
import { basename } from 'node:path';
import { type ClientConnection, MessageTooLargeError } from '@agentclientprotocol/sdk';
import type { AgentAnswer } from '../../contract/run.ts';
import { onAbort } from '../../timing/until.ts';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import { noAnswer, silent } from '../child/answer-failures.ts';
import { toChildEnvironment } from '../child/child-environment.ts';
import type { ChildSettings } from '../child/child-settings.ts';
import { watchSilence } from '../child/run-child.ts';
import { sortExit } from '../child/sort-exit.ts';
import { type Child, startChild } from '../child/start-child.ts';
import { type WorkFolder, WorkFolders } from '../child/work-folders.ts';
import { tooLarge } from '../too-large.ts';
import { AcpCall } from './acp-call.ts';
import { connectAcp } from './connect-acp.ts';

/** What the adapter needs. Durations are milliseconds. */
export interface AcpSettings extends ChildSettings {
  readonly program: string;
  /** What an agent that asks for a permission is told. */
  readonly permissions: 'allow' | 'deny';
}

/** JSON may need six bytes for one of the text (`\u0001`); a tool's output may be larger than an answer. */
const BYTES_PER_BYTE = 6;
const OTHER_BYTES = 4 * 1024 * 1024;
/** How long an agent may take to end its turn, or itself, before it gets a signal. */
const CANCEL_MS = 300;
const EXIT_MS = 1000;

/** An agent that speaks the Agent Client Protocol, version 1, over its standard input and output: one process a call. */
export function createAcpAgent(settings: AcpSettings): Agent {
  const { program, args, passEnv, env, silenceTimeout, cwd, workDir: root, keepWork: keepMs } = settings;
  const folders = new WorkFolders({ owner: `acp ${basename(program)}`, root, cwd, keepMs });
  return {
    async run(text, context) {
      context.signal.throwIfAborted();
      const folder = folders.open(context);
      let answered = false;
      try {
        const environment = toChildEnvironment({ passEnv, env, network: true }, context);
        const child = await startChild({ program, args, cwd: folder.cwd, env: environment });
        let isSilent = false;
        const onSilence = (): void => {
          isSilent = true;
          void child.stop();
        };
        if (silenceTimeout !== undefined) watchSilence(child, silenceTimeout, onSilence);
        try {
          const answer = await converse(child, text, { context, folder, permissions: settings.permissions });
          answered = true;
          return answer;
        } catch (error) {
          context.signal.throwIfAborted();
          if (isSilent) throw silent(silenceTimeout);
          throw error;
        }
      } finally {
        await folder.close(answered);
      }
    },
  };
}

interface Conversation {
  readonly context: AgentContext;
  readonly folder: WorkFolder;
  readonly permissions: 'allow' | 'deny';
}

/** @returns once the program is gone */
async function converse(
  child: Child,
  text: string,
  { context, folder, permissions }: Conversation,
): Promise<AgentAnswer> {
  const call = new AcpCall(context, folder);
  const connection = connectAcp(child, {
    permissions,
    maxMessageBytes: context.maxAnswerBytes * BYTES_PER_BYTE + OTHER_BYTES,
    onUpdate: (sessionId, update) => call.onUpdate(sessionId, update),
    onPermission: () => context.report(`asked for a permission (${permissions === 'allow' ? 'allowed' : 'denied'})`),
  });
  const stopListening = onAbort(context.signal, () => void cancel(call, connection, child));
  let hasExited = false;
  void child.ended.then(() => (hasExited = true));
  try {
    return await call.ask(connection, text);
  } catch (error) {
    if (error instanceof AgentError) throw error;
    if (error instanceof MessageTooLargeError) throw tooLarge(context.maxAnswerBytes);
    // The connection ended: the program did so, too, or it has closed its output.
    const exit = await Promise.race([child.ended, sleep(EXIT_MS, undefined, { ref: false })]);
    if (exit === undefined) throw new AgentError('AgentFailed', 'closed its connection');
    throw exit.code === 0 ? noAnswer() : sortExit(exit);
  } finally {
    stopListening();
    child.stdin.end();
    // Some write their session to the disk when their input ends.
    if (!hasExited && !context.signal.aborted) await Promise.race([child.ended, sleep(CANCEL_MS)]);
    await child.stop();
    connection.close();
  }
}

async function cancel(call: AcpCall, connection: ClientConnection, child: Child): Promise<void> {
  await Promise.race([call.cancel(connection).catch(() => undefined), sleep(CANCEL_MS)]);
  await Promise.race([child.ended, sleep(CANCEL_MS)]);
  await child.stop();
}
