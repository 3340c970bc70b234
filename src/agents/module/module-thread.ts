/** The thread that runs a module: it passes calls to the module's `run`, and what comes of them back. */
import { parentPort, workerData } from 'node:worker_threads';
import type { AgentAnswer } from '../../contract/run.ts';
import type { AgentContext, Agent, AgentLogger } from '../agent.ts';
import { toUsage } from '../../contract/to-usage.ts';
import { isRecord } from '../../values/is-record.ts';
import type { FromThread, SortedFailure, ThreadData, ToThread } from './thread-messages.ts';

const { url, backlog } = workerData as ThreadData;
/** A function that reports without end must not fill the worker's memory: further reports are dropped. */
const MAX_BACKLOG = 1000;
const aborts = new Map<number, AbortController>();
const waiting = new Map<string, { kept(): void; failed(problem: string): void }>();

function tell(message: FromThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  parentPort?.postMessage(message);
  Atomics.add(backlog, 0, 1);
}

/** For what is only shown. */
function tellInPassing(message: FromThread): void {
  if (Atomics.load(backlog, 0) < MAX_BACKLOG) tell(message);
}

parentPort?.on('message', (message: ToThread) => {
  switch (message.is) {
    case 'call':
      void call(message);
      break;
    case 'abort': {
      const reason = Object.assign(new Error('The call was aborted.'), { isHandOver: message.isHandOver });
      aborts.get(message.id)?.abort(reason);
      break;
    }
    case 'kept': {
      const key = `${message.id}/${message.number}`;
      if (message.problem === undefined) waiting.get(key)?.kept();
      else waiting.get(key)?.failed(message.problem);
      waiting.delete(key);
    }
  }
});

// A promise that the module forgot: which call it belongs to is unknown, and none of them need end by it.
process.on('unhandledRejection', (error) => tellInPassing({ is: 'stray', ...inShort(error) }));

async function call({ id, text, context }: Extract<ToThread, { is: 'call' }>): Promise<void> {
  const controller = new AbortController();
  aborts.set(id, controller);
  try {
    const run = await loadRun();
    if (typeof run === 'string') return tell({ is: 'unusable', id, why: run });
    const answer = await run(text, { ...context, signal: controller.signal, ...channels(id) });
    answered(id, answer, context.maxAnswerBytes);
  } catch (error) {
    const failure = toSorted(error);
    if (failure !== undefined) tell({ is: 'sorted', id, failure });
    else tell({ is: 'threw', id, ...inShort(error) });
  } finally {
    aborts.delete(id);
  }
}

/** @returns the module's `run`, or why there is none */
async function loadRun(): Promise<Agent['run'] | string> {
  try {
    const { run } = (await import(url)) as { run?: unknown };
    return typeof run === 'function' ? (run as Agent['run']) : 'exports no function run';
  } catch (error) {
    const { name, place } = inShort(error);
    const code = isRecord(error) || error instanceof Error ? (error as { code?: unknown }).code : undefined;
    return code === 'ERR_MODULE_NOT_FOUND' ? 'imports a module that is not there' : `threw ${name} at ${place}`;
  }
}

/** @param answer whatever the function has returned */
function answered(id: number, answer: AgentAnswer, maxBytes: number): void {
  const { output } = isRecord(answer) ? answer : {};
  if (typeof output === 'string' && Buffer.byteLength(output) > maxBytes) return tell({ is: 'tooLarge', id });
  try {
    tell({ is: 'answer', id, answer });
  } catch {
    // What can't be sent to another thread is no JSON.
    tell({
      is: 'sorted',
      id,
      failure: { type: 'ModelAnswerUnreadable', message: 'returned an answer that is not JSON' },
    });
  }
}

function channels(id: number): Pick<AgentContext, 'report' | 'reportText' | 'checkpoint' | 'logger'> {
  let number = 0;
  const log = (level: keyof AgentLogger) => (fields: object, message: unknown) =>
    tellInPassing({ is: 'log', id, level, fields: toPlain(fields), message: String(message) });
  return {
    report: (text: unknown) => tellInPassing({ is: 'report', id, text: String(text) }),
    reportText: (text: unknown) => tellInPassing({ is: 'reportText', id, text: String(text) }),
    checkpoint: (handle) =>
      new Promise((resolve, reject) => {
        number += 1;
        const failed = (problem: string): void => reject(new TypeError(problem));
        waiting.set(`${id}/${number}`, { kept: resolve, failed });
        tell({ is: 'checkpoint', id, number, handle });
      }),
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
  };
}

function toPlain(fields: object): object {
  try {
    return JSON.parse(JSON.stringify(fields)) as object;
  } catch {
    return {};
  }
}

/** An `AgentError` of whichever copy of the package the module imports. */
function toSorted(error: unknown): SortedFailure | undefined {
  if (!(error instanceof Error) || error.name !== 'AgentError') return undefined;
  const { type, statusCode, retryAfterMs, fix } = error as Error & Partial<Record<keyof SortedFailure, unknown>>;
  if (typeof type !== 'string') return undefined;
  const usage = toUsage((error as { usage?: unknown }).usage);
  return {
    type,
    message: error.message,
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    ...(typeof fix === 'string' && { fix }),
    ...(usage && { usage }),
  };
}

function inShort(error: unknown): { name: string; place: string } {
  if (!(error instanceof Error)) return { name: `a ${typeof error}`, place: 'an unknown place' };
  const frames = error.stack?.slice(error.message.length) ?? '';
  const [, place] = /\n\s+at [^\n]*?([^\s/(]+\.[cm]?[jt]sx?:\d+:\d+)/.exec(frames) ?? [];
  return { name: error.name, place: place ?? 'an unknown place' };
}
