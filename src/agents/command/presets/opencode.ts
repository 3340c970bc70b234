import { AgentError } from '../../agent.ts';
import { sortExit } from '../../child/sort-exit.ts';
import { countOf, recordOf, stringOf } from '../../child/read-fields.ts';
import type { CommandPreset } from './preset.ts';
import { modelUnreachable, sortModelStatus } from './sort-status.ts';

/** It retries a model that is rate limited or down for ever, without an event; its log tells each failure. */
const FAILED_CALL = /message="stream error".* small=false /;
const MAX_FAILED_CALLS = 3;

/** OpenCode 1.18 (`opencode run --format json`). */
export const opencode: CommandPreset = {
  program: 'opencode',
  args: (extra, session) => [
    'run',
    ...['--format', 'json', '--print-logs', '--log-level', 'ERROR'],
    ...(session === undefined ? [] : ['--session', session]),
    ...extra,
  ],
  passEnv: [
    ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'OPENROUTER_API_KEY'],
    ...['OPENCODE_API_KEY', 'OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT', 'OPENCODE_CONFIG_DIR'],
  ],
  env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
  read({ report, reportText }) {
    let id: string | undefined;
    let texts: string[] = [];
    let error: Readonly<Record<string, unknown>> | undefined;
    let [inputTokens, cachedInputTokens, outputTokens, iterations, costUsd, failedCalls] = [0, 0, 0, 0, 0, 0];
    return {
      add(event) {
        const part = recordOf(event['part']);
        id ??= stringOf(event['sessionID']);
        failedCalls = 0;
        if (event['type'] === 'error') error = recordOf(event['error']);
        else if (event['type'] === 'step_start') texts = [];
        else if (event['type'] === 'text') {
          const text = stringOf(part['text']) ?? '';
          texts.push(text);
          reportText(text);
        } else if (event['type'] === 'tool_use') {
          const tool = stringOf(part['tool']) ?? '';
          report(/^[\w.-]{1,80}$/.test(tool) ? `uses the tool ${tool}` : 'uses a tool');
        } else if (event['type'] === 'step_finish') {
          const tokens = recordOf(part['tokens']);
          const cache = recordOf(tokens['cache']);
          cachedInputTokens += countOf(cache['read']);
          inputTokens += countOf(tokens['input']) + countOf(cache['read']) + countOf(cache['write']);
          outputTokens += countOf(tokens['output']) + countOf(tokens['reasoning']);
          costUsd += typeof part['cost'] === 'number' ? part['cost'] : 0;
          iterations += 1;
        }
      },
      addError(line) {
        if (FAILED_CALL.test(line)) failedCalls += 1;
        return failedCalls < MAX_FAILED_CALLS;
      },
      end() {
        if (error !== undefined) return {};
        const usage = { inputTokens, cachedInputTokens, outputTokens, iterations, costUsd };
        const output = texts.join('\n\n');
        const agentSession = id === undefined ? {} : { agentSession: id };
        return {
          ...(iterations > 0 && { answer: { output, usage, ...agentSession } }),
          ...(id !== undefined && { session: { id } }),
        };
      },
      sortFailure(exit) {
        if (failedCalls >= MAX_FAILED_CALLS) {
          const fix = 'The model is rate limited, down or out of reach: check its endpoint, or lower concurrency.';
          return new AgentError('ModelUnavailable', `got no answer from its model in ${MAX_FAILED_CALLS} tries`, {
            fix,
          });
        }
        const { name, data } = error ?? {};
        const { statusCode, isRetryable } = recordOf(data);
        const sorted = sortModelStatus(statusCode);
        if (sorted !== undefined) return sorted;
        return name === 'APIError' && isRetryable === true ? modelUnreachable() : sortExit(exit);
      },
    };
  },
  isSessionGone: (text) => text.includes('Session not found'),
};
