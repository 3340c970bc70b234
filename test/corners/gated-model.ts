import {
  type ModelCall,
  type ModelMessage,
  type ModelReply,
  ModelScript,
} from '../support/fake-garudust/model-script.ts';
import type { Gate } from './gate.ts';

/** What the model does about one task. */
export interface ModelPlan {
  /** Every answer waits for it. */
  readonly gate: Gate;
  /** Whether the first call fails, after it has cost money. */
  readonly failsFirst: boolean;
}

/** The model of the test's agent: counts every call, and answers a task when its gate opens. */
export class GatedModel extends ModelScript {
  readonly #plans = new Map<string, ModelPlan>();

  plan(text: string, plan: ModelPlan): void {
    this.#plans.set(text, plan);
  }

  override ask(messages: readonly ModelMessage[]): { readonly call: ModelCall; readonly reply: ModelReply } {
    const { call } = super.ask(messages);
    const plan = this.#plans.get(call.text);
    if (plan?.failsFirst === true && this.callsFor(call.text).length === 1) {
      return { call, reply: { kind: 'odd', body: 'not an answer' } };
    }
    const after = plan === undefined ? {} : { after: plan.gate.opened };
    return { call, reply: { kind: 'answer', content: answerTo(call.text), ...after } };
  }
}

/** What the agent answers to a task. */
export function answerTo(text: string): string {
  return `answer to ${text}`;
}
