import type { JsonValue } from '../../contract/json-value.ts';
import type { AgentAnswer, Usage } from '../../contract/run.ts';
import type { AgentContext, AgentLogger } from '../agent.ts';

/** What the thread is told before it does anything. */
export interface ThreadData {
  /** URL of the module. */
  readonly url: string;
  /** How many messages of the thread nobody has read yet: the thread adds one for each, and the worker takes it away. */
  readonly backlog: Int32Array;
}

type Sent = 'signal' | 'logger' | 'report' | 'reportText' | 'checkpoint';

/** To the thread. `id` is that of a call. */
export type ToThread =
  | { readonly is: 'call'; readonly id: number; readonly text: string; readonly context: Omit<AgentContext, Sent> }
  | { readonly is: 'abort'; readonly id: number; readonly isHandOver: boolean }
  | { readonly is: 'kept'; readonly id: number; readonly number: number; readonly problem?: string };

/** A failure that the module has sorted itself, as an `AgentError`. */
export interface SortedFailure {
  readonly type: string;
  readonly message: string;
  readonly statusCode?: number;
  readonly retryAfterMs?: number;
  readonly fix?: string;
  readonly usage?: Usage;
}

/** From the thread. */
export type FromThread =
  | { readonly is: 'report' | 'reportText'; readonly id: number; readonly text: string }
  | { readonly is: 'checkpoint'; readonly id: number; readonly number: number; readonly handle: JsonValue }
  | {
      readonly is: 'log';
      readonly id: number;
      readonly level: keyof AgentLogger;
      readonly fields: object;
      readonly message: string;
    }
  | { readonly is: 'answer'; readonly id: number; readonly answer: AgentAnswer }
  /** The answer is over the limit, and stays in the thread. */
  | { readonly is: 'tooLarge'; readonly id: number }
  | { readonly is: 'sorted'; readonly id: number; readonly failure: SortedFailure }
  /** `name` of the error, and the place in the module. Never its message, which may quote a provider. */
  | { readonly is: 'threw'; readonly id: number; readonly name: string; readonly place: string }
  /** The module can't be loaded, or exports no `run`: nothing was begun. */
  | { readonly is: 'unusable'; readonly id: number; readonly why: string }
  /** A promise of the module's own was rejected, and nobody handles it: no call ends by it. */
  | { readonly is: 'stray'; readonly name: string; readonly place: string };
