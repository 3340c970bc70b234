import { basename } from 'node:path';
import { childEnv } from '../../values/child-env.ts';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import { type ChildResult, runChild } from '../child/run-child.ts';
import { WorkFolders } from '../child/work-folders.ts';
import { readText } from './read-output.ts';
import { sortExit } from './sort-exit.ts';

/** What the adapter needs. Durations are milliseconds. */
export interface CommandSettings {
  readonly program: string;
  readonly args: readonly string[];
  /** How the program gets the task. */
  readonly input: 'stdin' | 'argument';
  /** Names of variables of the worker's environment that the program gets. */
  readonly passEnv: readonly string[];
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly workDir?: string | undefined;
  readonly cwd?: string | undefined;
  readonly keepWork: number;
  readonly silenceTimeout?: number | undefined;
}

/** `MAX_ARG_STRLEN` of Linux, which no setting raises, without the NUL at the end. */
const MAX_ARGUMENT_BYTES = 131_071;
const STDIN_FIX = 'Set input to stdin for this agent, if its program reads the task there.';
const BY_HAND_FIX = 'Run the program by hand with the same task: what it writes as errors is not passed on.';

/** Any program: the task goes to its standard input or is its last argument, and what it writes is the answer. */
export function createCommandAgent(settings: CommandSettings): Agent {
  const { program, input, silenceTimeout, cwd, workDir: root, keepWork: keepMs } = settings;
  const folders = new WorkFolders({ owner: basename(program), root, cwd, keepMs });
  return {
    async run(text, context) {
      const { signal, maxAnswerBytes, report } = context;
      signal.throwIfAborted();
      if (input === 'argument') checkArgument(text, settings.args);
      const folder = folders.open(context);
      let answered = false;
      try {
        const reader = readText(maxAnswerBytes, (result) => sortExit(result, BY_HAND_FIX));
        const result = await runChild({
          program,
          args: input === 'argument' ? [...settings.args, text] : settings.args,
          cwd: folder.cwd,
          env: toEnvironment(settings, context),
          input: input === 'argument' ? '' : text,
          signal,
          silenceMs: silenceTimeout,
          onStarted: () => report('the program has the task'),
          onOutput: (chunk) => reader.add(chunk),
        });
        throwIfSilent(result, silenceTimeout);
        const answer = reader.end(result);
        answered = true;
        return answer;
      } finally {
        await folder.close(answered);
      }
    },
  };
}

/**
 * Refuses a task that can't be an argument, or would be read as an option.
 *
 * @throws AgentError `TaskRefused`
 */
function checkArgument(text: string, args: readonly string[]): void {
  const refuse = (what: string, fix = STDIN_FIX): never => {
    throw new AgentError('TaskRefused', what, { fix });
  };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_ARGUMENT_BYTES) refuse(`takes no task of ${bytes} bytes as an argument (at most 128 KiB)`);
  if (text.includes('\u0000')) refuse('takes no task with a NUL character as an argument');
  if (text.startsWith('-') && args.at(-1) !== '--') {
    refuse(
      'takes no task that begins with a dash as an argument',
      `${STDIN_FIX} Or end args with "--", if it knows that.`,
    );
  }
}

function toEnvironment({ passEnv, env }: CommandSettings, context: AgentContext): Record<string, string> {
  const { runId, call, sessionKey, traceHeaders = {} } = context;
  return {
    ...childEnv(process.env, { also: namePattern(passEnv) }),
    GARUDUST_RUN_ID: runId,
    GARUDUST_CALL: String(call),
    GARUDUST_SESSION_KEY: sessionKey,
    ...Object.fromEntries(Object.entries(traceHeaders).map(([name, value]) => [name.toUpperCase(), value])),
    ...env,
  };
}

function namePattern(names: readonly string[]): RegExp {
  // The names are letters, digits and underscores.
  return new RegExp(`^(?:${names.join('|')})$`);
}

function throwIfSilent({ stopped }: ChildResult, silenceMs = 0): void {
  if (stopped !== 'silence') return;
  const fix = 'Raise silence_timeout of this agent if it works that long without a word.';
  throw new AgentError('AgentTimeout', `wrote nothing for ${Math.round(silenceMs / 1000)} s`, { fix });
}
