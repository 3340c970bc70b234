import type { Usage } from '../../../contract/run.ts';
import type { KeptSession } from '../../child/work-folders.ts';
import { sortExit } from '../../child/sort-exit.ts';
import { countOf, recordOf, stringOf } from '../../child/read-fields.ts';
import type { CommandPreset } from './preset.ts';
import { modelUnreachable, sortModelStatus, statusIn } from './sort-status.ts';

const STATUS = /\bstatus:? (\d{3})\b/;
const UNREACHABLE = /error sending request|stream disconnected|connection/i;

/** Codex CLI 0.171 (`codex exec --json`). */
export const codex: CommandPreset = {
  program: 'codex',
  args: (extra, session) => [
    'exec',
    ...['--json', '--skip-git-repo-check'],
    ...extra,
    // The dash reads the task from standard input.
    ...(session === undefined ? ['-'] : ['resume', session, '-']),
  ],
  passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'CODEX_API_KEY', 'CODEX_HOME'],
  env: {},
  read({ report, reportText }, before) {
    let id: string | undefined;
    let output: string | undefined;
    let used: Readonly<Record<string, unknown>> | undefined;
    let failure: string | undefined;
    return {
      add(event) {
        const item = recordOf(event['item']);
        if (event['type'] === 'thread.started') id = stringOf(event['thread_id']);
        else if (event['type'] === 'turn.completed') used = recordOf(event['usage']);
        else if (event['type'] === 'turn.failed') failure = stringOf(recordOf(event['error'])['message']) ?? '';
        else if (event['type'] === 'item.completed' && item['type'] === 'agent_message') {
          // Whole messages: it tells no pieces of them.
          reportText(`${output === undefined ? '' : '\n\n'}${stringOf(item['text']) ?? ''}`);
          output = stringOf(item['text']);
        } else if (event['type'] === 'item.started' && item['type'] === 'command_execution') report('runs a command');
      },
      end() {
        if (used === undefined || failure !== undefined) return {};
        const { usage, totals } = readUsage(used, before);
        return {
          ...(output !== undefined && {
            answer: { output, usage, ...(id !== undefined && { agentSession: id }) },
          }),
          ...(id !== undefined && { session: { id, totals } }),
        };
      },
      sortFailure(exit) {
        const sorted = sortModelStatus(statusIn(failure, STATUS));
        if (sorted !== undefined) return sorted;
        // Of a 500 it keeps no number.
        if (failure?.includes('high demand') === true) return sortModelStatus(503) ?? sortExit(exit);
        return failure !== undefined && UNREACHABLE.test(failure) ? modelUnreachable() : sortExit(exit);
      },
    };
  },
  isSessionGone: (text) => text.includes('no rollout found for thread id'),
};

/** Its usage is the sum of the thread, also where it was resumed. */
function readUsage(
  used: Readonly<Record<string, unknown>>,
  before: KeptSession | undefined,
): { usage: Usage; totals: Required<Pick<Usage, 'inputTokens' | 'cachedInputTokens' | 'outputTokens'>> } {
  const totals = {
    inputTokens: countOf(used['input_tokens']),
    cachedInputTokens: countOf(used['cached_input_tokens']),
    outputTokens: countOf(used['output_tokens']),
  };
  const { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0 } = before?.totals ?? {};
  const isSum = totals.inputTokens >= inputTokens && totals.outputTokens >= outputTokens;
  if (!isSum) return { usage: totals, totals };
  return {
    usage: {
      inputTokens: totals.inputTokens - inputTokens,
      cachedInputTokens: Math.max(totals.cachedInputTokens - cachedInputTokens, 0),
      outputTokens: totals.outputTokens - outputTokens,
    },
    totals,
  };
}
