import { setTimeout as sleep } from 'node:timers/promises';
import { type ModelCall, type ModelMessage, type ModelReply, ModelScript } from './model-script.ts';

/** A model that thinks for a while about each task before it echoes it. */
export class SlowModel extends ModelScript {
  readonly #thinkMs: number;
  readonly #onAsked: (text: string) => void;

  constructor(thinkMs: number, onAsked: (text: string) => void = () => undefined) {
    super();
    this.#thinkMs = thinkMs;
    this.#onAsked = onAsked;
  }

  override ask(messages: readonly ModelMessage[]): { readonly call: ModelCall; readonly reply: ModelReply } {
    const { call } = super.ask(messages);
    this.#onAsked(call.text);
    return { call, reply: { kind: 'answer', content: `echo: ${call.text}`, after: sleep(this.#thinkMs) } };
  }
}
