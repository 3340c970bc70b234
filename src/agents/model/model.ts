import type { Usage } from '../../contract/run.ts';
import { isRecord } from '../../values/is-record.ts';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import type { SettingsOf } from '../agent-type.ts';
import { checkBudget } from '../budget.ts';
import { tooLarge } from '../too-large.ts';
import { compileFor, compileHeaders, renderFor, TASK_ROOTS, toTaskView } from '../task-templates.ts';
import type { ModelEnd, ModelMessage, ModelUsage } from './ask-model.ts';
import { afterWork, sortStreamFailure } from './model-failures.ts';
import { createModelFetch } from './model-fetch.ts';
import { type modelSettings, PROVIDER_URLS } from './model-settings.ts';

export type ModelSettings = SettingsOf<typeof modelSettings>;

/** What Temporal keeps of a conversation with tools. A larger one is not kept. */
const MAX_KEPT_BYTES = 60 * 1024;

/** What a call has done when a step ends: the messages that its steps added, and what they used. */
interface Kept {
  readonly added: readonly ModelMessage[];
  readonly usage: ModelUsage;
}

const NOTHING: Kept = { added: [], usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, calls: 0 } };

/**
 * A model behind the API of a provider, with the tools of MCP servers.
 *
 * Aborting cuts the connection. After each step with tools the conversation is kept, so that a crash repeats one step.
 */
export function createModelAgent(settings: ModelSettings): Agent {
  const { provider, url = PROVIDER_URLS[provider], model, apiKey, maxSteps } = settings;
  const toHeaders = compileHeaders(settings.headers ?? {});
  const user = settings.user === undefined ? undefined : compileFor(settings.user, TASK_ROOTS);
  return {
    async run(text, context) {
      const { signal, history = [], maxAnswerBytes, report } = context;
      signal.throwIfAborted();
      const view = toTaskView(text, context);
      const { askModel } = await import('./ask-model.ts');
      const kept = readKept(context.resumed);
      let used = kept.usage;
      const goOn = (): void => checkBudget(context.budget, toUsage(used, settings));
      let failure: AgentError | undefined;
      let bytes = 0;
      // Ends the call when the answer is too long, and whatever the library still does after a failure.
      const own = new AbortController();
      const ended = AbortSignal.any([signal, own.signal]);
      try {
        if (used.calls > 0) goOn();
        const end = await askModel({
          spec: { provider, url, model, apiKey },
          headers: { ...context.traceHeaders, ...toHeaders(view) },
          user: user && renderFor(user, view),
          fetch: createModelFetch({
            signal: ended,
            maxAnswerBytes,
            onConnected: () => report('the model has the task'),
            onFailure: (error) => (failure ??= error),
          }),
          system: settings.system,
          messages: [
            ...history.map((turn): ModelMessage => ({ role: turn.role, content: turn.text })),
            { role: 'user', content: text },
            ...kept.added,
          ],
          temperature: settings.temperature,
          maxOutputTokens: settings.maxOutputTokens,
          toolServers: settings.mcpServers ?? {},
          maxSteps: Math.max(maxSteps - kept.usage.calls, 1),
          signal: ended,
          onText(delta) {
            bytes += Buffer.byteLength(delta);
            if (bytes > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
            context.reportText(delta);
          },
          onTool: (name) => report(`calls the tool ${name}`),
          onUsage: (usage) => (used = sum(kept.usage, usage)),
          async onStep(added) {
            bytes = 0;
            await keep(context, { added: [...kept.added, ...added], usage: used });
            goOn();
          },
        });
        return { output: judge(end, settings), usage: toUsage(used, settings) };
      } catch (error) {
        signal.throwIfAborted();
        const sorted = failure ?? sortStreamFailure(error);
        throw used.calls > 0 ? afterWork(sorted, toUsage(used, settings)) : sorted;
      } finally {
        own.abort(new Error('The call is over.'));
      }
    },
  };
}

/** The text of an answer that is one. */
function judge({ text, reason, rawReason, usage }: ModelEnd, { maxSteps }: ModelSettings): string {
  if (reason === 'content-filter') throw new AgentError('TaskRefused', 'refused the task');
  if (reason === 'length') {
    throw new AgentError('TokenBudgetExceeded', `reached its limit of output tokens (${usage.outputTokens} used)`);
  }
  if (reason === 'tool-calls') {
    throw new AgentError('TokenBudgetExceeded', `called the model ${maxSteps} times without an answer`, {
      fix: 'Split the task, or raise max_steps of the agent.',
    });
  }
  if (reason === 'other' && rawReason === undefined) throw new AgentError('ConnectionLost', 'broke off its answer');
  if (text.trim() === '') throw new AgentError('ModelAnswerUnreadable', 'gave an empty answer');
  return text;
}

async function keep({ checkpoint }: AgentContext, kept: Kept): Promise<void> {
  const text = JSON.stringify(kept);
  // Files and the like are no JSON: a value that changes on the way is not kept either.
  if (Buffer.byteLength(text) <= MAX_KEPT_BYTES) await checkpoint(JSON.parse(text));
}

/** Kept by this function's older self, so of its form. */
function readKept(resumed: unknown): Kept {
  return isRecord(resumed) && Array.isArray(resumed['added']) && isRecord(resumed['usage'])
    ? (resumed as unknown as Kept)
    : NOTHING;
}

function sum(one: ModelUsage, other: ModelUsage): ModelUsage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedInputTokens: one.cachedInputTokens + other.cachedInputTokens,
    calls: one.calls + other.calls,
  };
}

const MILLION = 1_000_000;

function toUsage(usage: ModelUsage, settings: ModelSettings): Usage {
  const { inputTokens, outputTokens, cachedInputTokens, calls } = usage;
  const { usdPerMillionInput: input, usdPerMillionOutput: output, usdPerMillionCached: cached = input } = settings;
  const counts = { inputTokens, outputTokens, cachedInputTokens, iterations: calls, calls };
  if (input === undefined || output === undefined || cached === undefined) return counts;
  const uncached = Math.max(inputTokens - cachedInputTokens, 0);
  return { ...counts, costUsd: (uncached * input + cachedInputTokens * cached + outputTokens * output) / MILLION };
}
