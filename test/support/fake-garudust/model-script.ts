/** What the model does when it is asked. */
export type ModelReply =
  | {
      readonly kind: 'answer';
      readonly content: string;
      readonly promptTokens?: number;
      readonly completionTokens?: number;
      /** The answer is held until this resolves. */
      readonly after?: Promise<void>;
    }
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** A 200 with a body that is not what a model answers. */
  | { readonly kind: 'odd'; readonly body: string }
  | { readonly kind: 'hang' }
  /** The connection is cut. */
  | { readonly kind: 'cut' };

export interface ModelMessage {
  readonly role: string;
  readonly content: string;
}

/** One call of the model. */
export interface ModelCall {
  readonly text: string;
  /** User and assistant messages, the asked one last; the system prompt is left out. */
  readonly messages: readonly ModelMessage[];
  /** Whether the caller left before the answer. */
  aborted: boolean;
}

/**
 * The model behind an agent, by script: the fake Garudust asks it directly, a real one through `StandInLlm`, so that one
 * suite can run against both.
 */
export class ModelScript {
  readonly calls: ModelCall[] = [];
  readonly #replies = new Map<string, ModelReply>();

  /** Sets what is replied to a task of exactly this text. Without it the reply is `echo: <text>`. */
  on(text: string, reply: ModelReply): void {
    this.#replies.set(text, reply);
  }

  /** Notes a call and tells what to reply. */
  ask(messages: readonly ModelMessage[]): { readonly call: ModelCall; readonly reply: ModelReply } {
    const spoken = messages.filter(({ role }) => role !== 'system');
    const text = spoken.at(-1)?.content ?? '';
    const call: ModelCall = { text, messages: spoken, aborted: false };
    this.calls.push(call);
    return { call, reply: this.#replies.get(text) ?? { kind: 'answer', content: `echo: ${text}` } };
  }

  /** Calls whose task was exactly this text. */
  callsFor(text: string): ModelCall[] {
    return this.calls.filter((call) => call.text === text);
  }
}

export const PROMPT_TOKENS = 12;
export const COMPLETION_TOKENS = 7;
