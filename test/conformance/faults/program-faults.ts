import { CANARY, EMPTY, type Fault, type FaultyText, fails, FIFTY_MB, HALF, NO_UTF_8 } from './fault.ts';

/** A shell script, or the text that the program answers with in its own form. */
export interface ProgramFault extends Fault<string | FaultyText> {
  /** One place sorts it for all kinds, so one kind meets it. */
  readonly sortedOnce?: true;
}

/** The name of a recording in `test/fixtures/agents`. */
export type RecordedFault = Fault<string>;

const SILENT = fails('AgentTimeout', 'wrote nothing for 1 s', { fix: 'Raise silence_timeout' });
const KILLED = { fix: 'Check whether its memory ran out' };
const TOO_LARGE = fails('AnswerTooLarge', 'answered with more than 20000 bytes');
const NO_ANSWER = fails('ModelAnswerUnreadable', 'ended without an answer (exit code 0)', { fix: 'Run the program' });

/** Every one is done by each type of agent that is a program. */
export const PROGRAM_FAULTS: readonly ProgramFault[] = [
  { name: 'exit 0 without output', does: 'exit 0', becomes: NO_ANSWER },
  { name: 'exit 1', does: `echo ${CANARY}; exit 1`, becomes: fails('AgentFailed', 'failed (exit code 1)') },
  {
    name: 'exit 65',
    does: 'exit 65',
    sortedOnce: true,
    becomes: fails('TaskRefused', 'refused the task (exit code 65)'),
  },
  {
    name: 'exit 69',
    does: 'exit 69',
    sortedOnce: true,
    becomes: fails('ModelUnavailable', 'cannot reach what it needs (exit code 69)'),
  },
  {
    name: 'exit 75',
    does: 'exit 75',
    sortedOnce: true,
    becomes: fails('ModelRateLimited', 'failed for now, and asks to be tried again (exit code 75)'),
  },
  {
    name: 'exit 77',
    does: 'exit 77',
    sortedOnce: true,
    becomes: fails('AgentKeyRefused', 'lacks a permission or a key (exit code 77)'),
  },
  {
    name: 'exit 78',
    does: 'exit 78',
    sortedOnce: true,
    becomes: fails('AgentMisconfigured', 'is not configured correctly (exit code 78)'),
  },
  {
    name: 'exit 126',
    does: 'exit 126',
    sortedOnce: true,
    becomes: fails('AgentMisconfigured', 'starts a program that is not executable (exit code 126)'),
  },
  {
    name: 'exit 127',
    does: 'exit 127',
    sortedOnce: true,
    becomes: fails('AgentMisconfigured', 'starts a program that is missing (exit code 127)'),
  },
  { name: 'exit 137', does: 'exit 137', becomes: fails('AgentFailed', 'was killed (exit code 137)', KILLED) },
  {
    name: 'exit 143',
    does: 'exit 143',
    sortedOnce: true,
    becomes: fails('AgentFailed', 'was ended by somebody else (exit code 143)'),
  },
  { name: 'ended by SIGKILL', does: 'kill -KILL $$', becomes: fails('AgentFailed', 'was killed (SIGKILL)', KILLED) },
  {
    name: 'ended by SIGTERM',
    does: 'kill -TERM $$',
    sortedOnce: true,
    becomes: fails('AgentFailed', 'was ended by somebody else (SIGTERM)'),
  },
  {
    name: 'ended by SIGSEGV',
    does: 'kill -SEGV $$',
    sortedOnce: true,
    becomes: fails('AgentFailed', 'failed (SIGSEGV)'),
  },
  {
    name: 'lines without end, in flat memory',
    does: `exec yes ${CANARY}`,
    becomes: TOO_LARGE,
    // Nobody reads on while the program does not read that a line was no message.
    except: { acp: SILENT },
  },
  { name: 'one line without end, in flat memory', does: `cat /dev/zero | tr '\\000' x`, becomes: TOO_LARGE },
  {
    name: 'silence for `silence_timeout`',
    does: 'exec sleep 600',
    becomes: SILENT,
  },
  { name: '50 MB, in flat memory', does: FIFTY_MB, becomes: TOO_LARGE },
  {
    name: 'empty answer',
    does: EMPTY,
    becomes: NO_ANSWER,
    except: { acp: fails('ModelAnswerUnreadable', 'ended its turn without an answer') },
  },
  { name: 'invalid UTF-8', does: NO_UTF_8, becomes: { answers: 'a\ufffdb' } },
  {
    name: 'half a surrogate',
    does: HALF,
    becomes: { answers: '\ufffd' },
    except: { 'command:program': { answers: '\ufffd\ufffd\ufffd' } },
  },
];

/** Every one is met by each preset of `command`, as the real program wrote it down. */
export const MODEL_FAULTS: readonly RecordedFault[] = [
  {
    name: 'its model refuses the key',
    does: 'wrong-key',
    becomes: fails('ModelKeyRefused', 'has a key that its model refused (401)'),
    except: { 'command:gemini': fails('ModelKeyRefused', 'has a key that its model refused') },
  },
  {
    name: 'its model is rate limited',
    does: 'limit',
    becomes: fails('ModelRateLimited', 'must wait for its model (429)'),
    except: {
      'command:opencode': fails('ModelUnavailable', 'got no answer from its model in 3 tries', { fix: 'The model is' }),
    },
  },
  {
    name: 'its model fails',
    does: 'break',
    becomes: fails('ModelUnavailable', 'got status 500 from its model'),
    except: { 'command:codex': fails('ModelUnavailable', 'got status 503 from its model') },
  },
];
