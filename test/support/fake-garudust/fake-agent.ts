import { askModel, GarudustError } from './ask-model.ts';
import type { ModelMessage, ModelScript } from './model-script.ts';

export interface FakeAgentOptions {
  readonly model: ModelScript;
  /** `max_iterations`: turns of the whole process, all ways in together. */
  readonly maxIterations: number;
  /** `max_tokens_per_task`. */
  readonly maxTokensPerTask: number | undefined;
  /** `llm_timeout_secs`, in milliseconds. */
  readonly llmTimeoutMs: number;
}

export interface FakeRun {
  readonly output: string;
  readonly iterations: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const HISTORY_PAIRS = 20;

/** Garudust's agent: one shared counter of turns, a history for each session key, finished turns only. */
export class FakeAgent {
  readonly #options: FakeAgentOptions;
  #turnsLeft: number;
  readonly #histories = new Map<string, ModelMessage[]>();

  constructor(options: FakeAgentOptions) {
    this.#options = options;
    this.#turnsLeft = options.maxIterations;
  }

  /**
   * Runs a task.
   *
   * @param sessionKey the empty text is a session like any other; undefined is none.
   * @throws GarudustError with the text of the answer; the signal's reason.
   */
  async run(message: string, sessionKey: string | undefined, signal: AbortSignal): Promise<FakeRun> {
    const { model, maxIterations, maxTokensPerTask, llmTimeoutMs } = this.#options;
    const history = sessionKey === undefined ? [] : (this.#histories.get(sessionKey) ?? []);
    if (this.#turnsLeft === 0) throw new GarudustError(`budget exhausted after ${maxIterations} iterations`);
    this.#turnsLeft -= 1;
    const messages = [...history, { role: 'user', content: message }];
    const { content, inputTokens, outputTokens } = await askModel(model, messages, llmTimeoutMs, signal);
    const usage = { iterations: 1, inputTokens, outputTokens };
    const used = inputTokens + outputTokens;
    if (maxTokensPerTask !== undefined && used >= maxTokensPerTask) {
      const output = `[Token budget of ${maxTokensPerTask} exceeded after ${used} tokens — stopping early.]`;
      return { output, ...usage };
    }
    const output = content.trim();
    if (sessionKey !== undefined) this.#remember(sessionKey, message, output);
    return { output, ...usage };
  }

  /** Reads the history anew: a run that ended meanwhile on the same key must not be lost. */
  #remember(sessionKey: string, message: string, output: string): void {
    const history = this.#histories.get(sessionKey) ?? [];
    history.push({ role: 'user', content: message }, { role: 'assistant', content: output });
    this.#histories.set(sessionKey, history.slice(-2 * HISTORY_PAIRS));
  }
}
