import { basename } from 'node:path';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import { silent } from '../child/answer-failures.ts';
import { toChildEnvironment } from '../child/child-environment.ts';
import type { ChildSettings } from '../child/child-settings.ts';
import { type ChildResult, runChild } from '../child/run-child.ts';
import { sortExit } from '../child/sort-exit.ts';
import { type WorkFolder, WorkFolders } from '../child/work-folders.ts';
import { type CommandPreset } from './presets/preset.ts';
import { type PresetName, PRESETS } from './presets/presets.ts';
import { readEvents } from './read-events.ts';
import { type OutputReader, readText } from './read-output.ts';

/** What the adapter needs. Durations are milliseconds. */
export interface CommandSettings extends ChildSettings {
  /** Needed without a preset. */
  readonly program?: string | undefined;
  readonly preset?: PresetName | undefined;
  /** How the program gets the task. One with a preset gets it on standard input. */
  readonly input: 'stdin' | 'argument';
}

/** `MAX_ARG_STRLEN` of Linux, which no setting raises, without the NUL at the end. */
const MAX_ARGUMENT_BYTES = 131_071;
const STDIN_FIX = 'Set input to stdin for this agent, if its program reads the task there.';
const BY_HAND_FIX = 'Run the program by hand with the same task: what it writes as errors is not passed on.';

/**
 * Any program: the task goes to its standard input or is its last argument, and what it writes is the answer. Of a command-line agent
 * with a preset the events are read, and its session is resumed.
 */
export function createCommandAgent(settings: CommandSettings): Agent {
  const { silenceTimeout, cwd, workDir: root, keepWork: keepMs } = settings;
  const preset: CommandPreset | undefined = settings.preset === undefined ? undefined : PRESETS[settings.preset];
  const program = settings.program ?? preset?.program;
  const isArgument = preset === undefined && settings.input === 'argument';
  const folders = new WorkFolders({ owner: settings.preset ?? basename(program ?? ''), root, cwd, keepMs });
  return {
    async run(text, context) {
      context.signal.throwIfAborted();
      if (program === undefined) throw new AgentError('AgentMisconfigured', 'has neither a program nor a preset');
      if (isArgument) checkArgument(text, settings.args);
      const folder = folders.open(context);
      const session = folder.session?.id;
      const args = preset === undefined ? settings.args : preset.args(settings.args, session, context.budget);
      let result: ChildResult | undefined;
      let answered = false;
      try {
        const reader = toReader(preset, folder, context);
        result = await runChild({
          program,
          args: isArgument ? [...args, text] : args,
          cwd: folder.cwd,
          env: toChildEnvironment(withPreset(settings, preset), context),
          input: isArgument ? '' : text,
          signal: context.signal,
          silenceMs: silenceTimeout,
          onStarted: () => context.report('the program has the task'),
          onOutput: (chunk) => reader.add(chunk),
          onErrorOutput: (chunk) => reader.addError?.(chunk) ?? true,
        });
        if (result.stopped === 'silence') throw silent(silenceTimeout);
        const answer = reader.end(result);
        answered = true;
        return answer;
      } catch (error) {
        // The next attempt begins a new session.
        if (session !== undefined && preset?.isSessionGone(result?.errorText ?? '') === true) folder.keep(undefined);
        throw error;
      } finally {
        await folder.close(answered);
      }
    },
  };
}

function toReader(preset: CommandPreset | undefined, folder: WorkFolder, context: AgentContext): OutputReader {
  const { maxAnswerBytes: maxBytes } = context;
  if (preset === undefined) return readText(maxBytes, (result) => sortExit(result, BY_HAND_FIX));
  return readEvents(preset.read(context, folder.session, context.budget), maxBytes, (session) => folder.keep(session));
}

function withPreset(
  { passEnv, env }: CommandSettings,
  preset: CommandPreset | undefined,
): Parameters<typeof toChildEnvironment>[0] {
  return {
    passEnv: [...(preset?.passEnv ?? []), ...passEnv],
    env: { ...preset?.env, ...env },
    network: preset !== undefined,
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
