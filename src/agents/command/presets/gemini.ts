import { AgentError } from '../../agent.ts';
import { sortExit } from '../../child/sort-exit.ts';
import { countOf, recordOf, stringOf } from '../../child/read-fields.ts';
import type { CommandPreset } from './preset.ts';
import { sortModelStatus, statusIn } from './sort-status.ts';

/** It retries a model that is rate limited or down ten times, for minutes. */
const FAILED_CALL = /^Attempt \d+ failed with status (\d{3})/;
const MAX_FAILED_CALLS = 3;
const STATUS = /\b(?:status|"?code"?): ?(\d{3})\b/;
const KEY_REFUSED = /API_KEY_INVALID|API key not valid|authentication_error|UNAUTHENTICATED|PERMISSION_DENIED/;

/** Exit codes of its own, beside those of every program. */
const EXITS: Readonly<Record<number, () => AgentError>> = {
  41: () => new AgentError('ModelKeyRefused', 'has no key for its model, or one that is refused (exit code 41)'),
  52: () => new AgentError('AgentMisconfigured', 'has settings that it cannot read (exit code 52)'),
  53: () => new AgentError('AgentFailed', 'reached its limit of turns (exit code 53)'),
};

/** Gemini CLI 0.61 (`gemini --output-format stream-json`). */
export const gemini: CommandPreset = {
  program: 'gemini',
  args: (extra, session) => [
    ...['--output-format', 'stream-json', '--skip-trust'],
    ...(session === undefined ? [] : ['--resume', session]),
    ...extra,
  ],
  passEnv: [
    ...[
      'GEMINI_API_KEY',
      'GOOGLE_API_KEY',
      'GOOGLE_GENAI_USE_VERTEXAI',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_CLOUD_LOCATION',
    ],
    ...['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_GEMINI_BASE_URL'],
  ],
  env: {},
  read({ report, reportText }) {
    let id: string | undefined;
    let output = '';
    let result: Readonly<Record<string, unknown>> | undefined;
    let failedStatus: number | undefined;
    let failedCalls = 0;
    return {
      add(event) {
        failedCalls = 0;
        if (event['type'] === 'init') id = stringOf(event['session_id']);
        else if (event['type'] === 'result') result = event;
        else if (event['type'] === 'tool_use') {
          // What it said before is no part of the answer.
          output = '';
          report('uses a tool');
        } else if (event['type'] === 'message' && event['role'] === 'assistant') {
          const text = stringOf(event['content']) ?? '';
          output += text;
          reportText(text);
        }
      },
      addError(line) {
        const status = statusIn(line, FAILED_CALL);
        if (status !== undefined) [failedStatus, failedCalls] = [status, failedCalls + 1];
        return failedCalls < MAX_FAILED_CALLS;
      },
      end() {
        if (result?.['status'] !== 'success') return {};
        const stats = recordOf(result['stats']);
        const usage = {
          inputTokens: countOf(stats['input_tokens']),
          cachedInputTokens: countOf(stats['cached']),
          outputTokens: countOf(stats['output_tokens']),
        };
        return {
          answer: { output, usage, ...(id !== undefined && { agentSession: id }) },
          ...(id !== undefined && { session: { id } }),
        };
      },
      sortFailure(exit) {
        const said = `${stringOf(recordOf(result?.['error'])['message']) ?? ''}\n${exit.errorText}`;
        if (failedCalls < MAX_FAILED_CALLS && KEY_REFUSED.test(said)) {
          return new AgentError('ModelKeyRefused', 'has a key that its model refused');
        }
        const sorted = sortModelStatus(failedStatus ?? statusIn(said, STATUS));
        return sorted ?? EXITS[exit.code ?? -1]?.() ?? sortExit(exit);
      },
    };
  },
  isSessionGone: (text) => text.includes('Error resuming session'),
};
