import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { isFailureType } from '../../contract/failures.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { onAbort } from '../../timing/until.ts';
import { type Agent, type AgentContext, AgentError, isHandOver } from '../agent.ts';
import { tooLarge } from '../too-large.ts';
import type { FromThread, ThreadData, ToThread } from './thread-messages.ts';

export interface ModuleSettings {
  /** Path of the module, from the working directory. */
  readonly path: string;
  /** How much its thread may hold of what JavaScript allocates, in bytes. */
  readonly maxMemory: number;
}

/** A module that does not end its call this long after the abort blocks its thread. */
const CLEAN_UP_MS = 4000;
const isSource = import.meta.url.endsWith('.ts');
const THREAD = new URL(isSource ? './module-thread.ts' : './module-thread.js', import.meta.url);
/** Threads do not inherit the loader of TypeScript that our own tests run with. */
const LOADER = 'tsx/esm/api';
const FROM_SOURCE = `import(${JSON.stringify(LOADER)}).then(({ register }) => { register(); return import(${JSON.stringify(THREAD.href)}); })`;
const FIX = 'Correct the module, then restart the worker.';
const MEMORY_FIX = 'Raise max_memory of this agent, or let the module hold less.';
const MIB = 1024 * 1024;

interface Pending {
  readonly context: AgentContext;
  readonly settle: (answer: AgentAnswer) => void;
  readonly fail: (error: Error) => void;
}

/**
 * A function of a team, in a thread of its own: nothing that it does ends the worker. It loads the module at the first call.
 *
 * What the function throws is sorted. An exception outside of any call (in a timer), `process.exit` and used up memory end the
 * thread and so all calls in it; the next call gets a new one. A function that never yields is ended at the abort, with its thread.
 */
export function createModuleAgent({ path, maxMemory }: ModuleSettings): Agent {
  const file = resolve(path);
  let thread: ModuleThread | undefined;
  return {
    async run(text, context) {
      context.signal.throwIfAborted();
      if (!existsSync(file)) throw new AgentError('AgentMisconfigured', 'has a module that is not there');
      if (thread === undefined || thread.isGone) {
        thread = new ModuleThread(pathToFileURL(file).href, maxMemory);
      }
      return await thread.call(text, context);
    },
  };
}

class ModuleThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  isGone = false;

  /** @param maxMemory in bytes */
  constructor(url: string, maxMemory: number) {
    const megabytes = Math.round(maxMemory / MIB);
    const backlog = new Int32Array(new SharedArrayBuffer(4));
    const options = {
      workerData: { url, backlog } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: megabytes },
    };
    this.#worker = isSource ? new Worker(FROM_SOURCE, { ...options, eval: true }) : new Worker(THREAD, options);
    this.#worker.on('message', (message: FromThread) => {
      Atomics.sub(backlog, 0, 1);
      this.#hear(message);
    });
    this.#worker.on('error', (error: { readonly code?: unknown }) =>
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? this.#end(`used up its memory (${megabytes} MiB)`, MEMORY_FIX)
        : this.#end('threw an error outside of any call'),
    );
    this.#worker.on('exit', () => this.#end('ended its thread'));
    this.#worker.unref();
  }

  async call(text: string, context: AgentContext): Promise<AgentAnswer> {
    const id = (this.#calls += 1);
    const { signal, logger: _logger, report: _report, reportText: _text, checkpoint: _keep, ...plain } = context;
    let killer: NodeJS.Timeout | undefined;
    const ended = new Promise<AgentAnswer>((settle, fail) => this.#pending.set(id, { context, settle, fail }));
    this.#worker.ref();
    this.#tell({ is: 'call', id, text, context: plain });
    const stopListening = onAbort(signal, () => {
      this.#tell({ is: 'abort', id, isHandOver: isHandOver(signal.reason) });
      killer = setTimeout(() => void this.#worker.terminate(), CLEAN_UP_MS);
    });
    try {
      return await ended;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(killer);
      stopListening();
      this.#pending.delete(id);
      // An idle thread must not keep the process.
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }

  #tell(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    if (message.is === 'stray') {
      // Whose call it was is unknown: any of them may tell it.
      const [any] = this.#pending.values();
      any?.context.logger.warn(
        { error: message.name, place: message.place },
        'a promise of a module was rejected, and nobody handles it',
      );
      return;
    }
    const call = this.#pending.get(message.id);
    if (call === undefined) return;
    const { context } = call;
    switch (message.is) {
      case 'report':
        return context.report(message.text);
      case 'reportText':
        return context.reportText(message.text);
      case 'log':
        return context.logger[message.level](message.fields, message.message);
      case 'checkpoint':
        return void this.#keep(message, context);
      case 'answer':
        return call.settle(message.answer);
      case 'tooLarge':
        return call.fail(tooLarge(context.maxAnswerBytes));
      case 'sorted':
        return call.fail(toAgentError(message.failure));
      case 'unusable':
        return call.fail(new AgentError('AgentMisconfigured', `has a module that ${message.why}`, { fix: FIX }));
      case 'threw':
        return call.fail(
          new AgentError('AgentFailed', `threw ${message.name} at ${message.place}`, {
            fix: 'Correct the module at this place.',
          }),
        );
    }
  }

  async #keep({ id, number, handle }: Extract<FromThread, { is: 'checkpoint' }>, { checkpoint }: AgentContext) {
    try {
      await checkpoint(handle);
      this.#tell({ is: 'kept', id, number });
    } catch (error) {
      this.#tell({ is: 'kept', id, number, problem: error instanceof Error ? error.message : 'it can not be kept' });
    }
  }

  #end(how: string, fix = FIX): void {
    this.isGone = true;
    for (const { fail } of this.#pending.values()) fail(new AgentError('AgentFailed', how, { fix }));
    this.#pending.clear();
  }
}

function toAgentError({ type, message, ...details }: Extract<FromThread, { is: 'sorted' }>['failure']): AgentError {
  if (!isFailureType(type))
    return new AgentError('AgentFailed', 'threw an AgentError of an unknown type', { fix: FIX });
  return new AgentError(type, message, details);
}
