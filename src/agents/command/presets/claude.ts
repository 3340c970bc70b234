import type { Usage } from '../../../contract/run.ts';
import { isRecord } from '../../../values/is-record.ts';
import { AgentError } from '../../agent.ts';
import type { KeptSession } from '../../child/work-folders.ts';
import { type Budget, checkBudget } from '../../budget.ts';
import { sortExit } from '../../child/sort-exit.ts';
import { countOf, recordOf, stringOf } from '../../child/read-fields.ts';
import type { CommandPreset } from './preset.ts';
import { modelUnreachable, sortModelStatus } from './sort-status.ts';

/** Ways in which Claude Code ends a task by its own limits, by `subtype`. */
const SUBTYPES: Readonly<Record<string, () => AgentError>> = {
  error_max_turns: () =>
    new AgentError('AgentFailed', 'reached its limit of turns', { fix: 'Raise --max-turns in args of this agent.' }),
  error_max_budget_usd: () =>
    new AgentError('TokenBudgetExceeded', 'reached its limit of costs for one task', {
      fix: 'Split the task, or raise --max-budget-usd in args of this agent.',
    }),
};

const MAX_BUDGET = '--max-budget-usd';

/** What is left of the run's limit: it ends by itself after the call of the model that reaches it. */
function toLimit({ costUsd }: Budget = {}): string[] {
  return costUsd === undefined ? [] : [MAX_BUDGET, Math.max(costUsd.limit - costUsd.used, 1e-6).toFixed(6)];
}

/** Claude Code 2.1 (`claude -p`), with its events as `--output-format stream-json` tells them. */
export const claude: CommandPreset = {
  program: 'claude',
  args: (extra, session, budget) => [
    '-p',
    ...['--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    ...(session === undefined ? [] : ['--resume', session]),
    ...(extra.includes(MAX_BUDGET) ? [] : toLimit(budget)),
    ...extra,
  ],
  passEnv: [
    ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_MODEL'],
    ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CONFIG_DIR'],
  ],
  env: {
    // With its ten retries it is silent for minutes after a wrong key; ours are Temporal's.
    CLAUDE_CODE_MAX_RETRIES: '0',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  },
  read({ report, reportText }, before, budget) {
    let result: Readonly<Record<string, unknown>> | undefined;
    return {
      add(event) {
        if (event['type'] === 'result') result = event;
        else if (event['type'] === 'stream_event') {
          const { event: inner } = event;
          const { type, delta } = recordOf(inner);
          const { text } = recordOf(delta);
          if (event['parent_tool_use_id'] === null && type === 'content_block_delta' && typeof text === 'string') {
            reportText(text);
          }
        } else if (event['type'] === 'assistant') {
          for (const name of toolsOf(event['message'])) report(`uses the tool ${name}`);
        }
      },
      end() {
        if (result === undefined || result['is_error'] === true || result['subtype'] !== 'success') return {};
        const output = stringOf(result['result']);
        const id = stringOf(result['session_id']);
        const { usage, totals } = readUsage(result, before);
        return {
          ...(output !== undefined && {
            answer: { output, usage, ...(id !== undefined && { agentSession: id }) },
          }),
          ...(id !== undefined && { session: { id, totals } }),
        };
      },
      sortFailure(exit) {
        if (result === undefined) return sortExit(exit);
        if (result['subtype'] === 'error_max_budget_usd') {
          // Its `usage` is zero then.
          const { costUsd } = readUsage(result, before).usage;
          if (costUsd !== undefined) checkBudget(budget, { costUsd });
        }
        const subtype = SUBTYPES[String(result['subtype'])];
        if (subtype !== undefined) return subtype();
        const sorted = sortModelStatus(result['api_error_status']);
        if (sorted !== undefined) return sorted;
        // An error of the API without a status: no connection came about.
        if (result['subtype'] === 'success' && result['api_error_status'] === null) return modelUnreachable();
        return sortExit(exit);
      },
    };
  },
  isSessionGone: (text) => text.includes('No conversation found with session ID'),
};

function toolsOf(message: unknown): string[] {
  const { content } = recordOf(message);
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => {
    const { type, name } = recordOf(part);
    return type === 'tool_use' && typeof name === 'string' && /^[\w.-]{1,80}$/.test(name) ? [name] : [];
  });
}

/**
 * `usage` is that of the call. `total_cost_usd` and `modelUsage` are the call's, or the sum of a resumed session's, which
 * depends on the version (2.1.197: the call's). They are a sum if what the models used is at least what they had used before
 * and what the call used.
 */
function readUsage(
  result: Readonly<Record<string, unknown>>,
  before: KeptSession | undefined,
): { usage: Usage; totals: Readonly<Record<string, number>> } {
  const used = recordOf(result['usage']);
  const [fresh, cached] = [countOf(used['input_tokens']), countOf(used['cache_read_input_tokens'])];
  const inputTokens = fresh + cached + countOf(used['cache_creation_input_tokens']);
  const outputTokens = countOf(used['output_tokens']);
  const models = isRecord(result['modelUsage']) ? Object.values(result['modelUsage']).map(recordOf) : [];
  const tokens = models.reduce(
    (sum, model) =>
      sum +
      ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens'].reduce(
        (part, name) => part + countOf(model[name]),
        0,
      ),
    0,
  );
  const { total_cost_usd: total } = result;
  const { costUsd: costBefore = 0, tokens: tokensBefore } = before?.totals ?? {};
  const isSum = tokensBefore !== undefined && tokens >= tokensBefore + inputTokens + outputTokens;
  const cost = typeof total === 'number' ? Math.max(total - (isSum ? costBefore : 0), 0) : undefined;
  return {
    usage: {
      inputTokens,
      outputTokens,
      cachedInputTokens: cached,
      iterations: countOf(result['num_turns']),
      ...(cost !== undefined && { costUsd: cost }),
    },
    totals: { ...(typeof total === 'number' && { costUsd: total }), tokens },
  };
}
