import { Worker, type WorkerPlugin } from '@temporalio/worker';
import { aborted, pause } from '../timing/until.ts';
import type { TemporalLink } from './connect-temporal.ts';

export interface RunWorkerOptions {
  readonly link: TemporalLink;
  readonly namespace: string;
  readonly taskQueue: string;
  /** What the worker serves. */
  readonly plugin: WorkerPlugin;
  readonly logger: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** A worker that runs, or will as soon as Temporal can be reached. */
export interface RunningWorker {
  /** Whether it polls for tasks at the moment. */
  ready(): boolean;
  /** How many agent calls and callbacks it has in flight. */
  inFlight(): number;
  /**
   * Stops polling, waits for running activities within the grace period, hands the rest back to Temporal, and resolves. A
   * second call joins the first.
   */
  drain(): Promise<void>;
}

const RETRY_MS = 2000;
const POLL_MS = 20;

/**
 * Runs a worker until it is drained. Returns at once: the worker starts when the link is connected, and restarts whenever it
 * fails (an unknown namespace, a refused key).
 */
export function runWorker(options: RunWorkerOptions): RunningWorker {
  const { link, namespace, taskQueue, plugin, logger } = options;
  const stop = new AbortController();
  let worker: Worker | undefined;

  const work = async (): Promise<void> => {
    const connection = await Promise.race([link.connected, aborted(stop.signal)]);
    if (!connection) return;
    while (!stop.signal.aborted) {
      try {
        worker = await Worker.create({ connection, namespace, taskQueue, plugins: [plugin] });
        // Even if already drained: a worker that never ran would keep its connection open.
        const running = worker.run();
        void shutDownWith(stop.signal, worker, running);
        if (!stop.signal.aborted) logger.info({ task_queue: taskQueue, namespace }, 'worker started');
        await running;
      } catch (error) {
        logger.error({ err: error }, 'the worker stopped unexpectedly; restarting');
        await pause(RETRY_MS, stop.signal);
      } finally {
        worker = undefined;
      }
    }
  };

  const ended = work();
  return {
    ready: () => worker?.getState() === 'RUNNING',
    inFlight: () => worker?.getStatus().numInFlightActivities ?? 0,
    async drain() {
      stop.abort();
      await ended;
    },
  };
}

/**
 * Shuts a worker down once the signal aborts, unless it has ended before.
 *
 * @param running what `worker.run()` returned. Plugins may do work of their own first, so a worker is not running the moment it is
 *   run
 */
export async function shutDownWith(signal: AbortSignal, worker: Worker, running: Promise<void>): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  running.then(end, end);
  await aborted(signal);
  while (!over.signal.aborted && worker.getState() === 'INITIALIZED') {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (worker.getState() === 'RUNNING') worker.shutdown();
}
