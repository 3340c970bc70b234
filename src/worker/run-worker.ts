import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Activities } from '../contract/activities.ts';
import type { TemporalLink } from './connect-temporal.ts';
import { workflowSource } from './workflow-bundle.ts';

export interface RunWorkerOptions {
  readonly link: TemporalLink;
  readonly namespace: string;
  readonly taskQueue: string;
  /** What the Temporal UI calls this worker. Default: the SDK's, process and host. */
  readonly identity?: string;
  readonly activities: Activities;
  /** Activities at once, agents and callbacks together. */
  readonly maxConcurrentActivities: number;
  /** How long running activities may go on when the worker is drained, in milliseconds. */
  readonly shutdownGraceMs: number;
  /** Done once, after the connection and before the first task. */
  readonly beforeFirstTask?: (connection: NativeConnection) => Promise<void>;
  /** A prebuilt workflow bundle; by default that of the build, or one made at start. */
  readonly bundlePath?: string;
  readonly logger: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/** A worker that works, or will as soon as Temporal lets it. */
export interface RunningWorker {
  /** Whether it takes tasks at the moment. */
  ready(): boolean;
  /**
   * Takes no more tasks, gives what runs its grace, hands the rest back to Temporal, and resolves. A second call joins
   * the first.
   */
  drain(): Promise<void>;
}

const RETRY_MS = 2000;
/** What cancelled activities get to end by themselves, on top of the grace. */
const FORCE_AFTER_MS = 5000;
/** A cancel reaches an activity with the answer to a heartbeat: this is how long it may take. */
const HEARTBEAT_THROTTLE_MS = 2000;
/**
 * How long Temporal keeps a workflow task for the worker that has the run in its cache, before any worker may have it: what
 * a crash costs every run that the worker knew. Why so: docs/decisions/0011-short-workflow-task-timeouts.md.
 */
const STICKY_TIMEOUT_MS = 2000;

/**
 * Runs a worker until it is drained. Returns at once: it starts when the link is connected, and anew whenever it ends
 * unasked (an unknown namespace, a refused key), so that it recovers by itself.
 */
export function runWorker(options: RunWorkerOptions): RunningWorker {
  const { link, logger, beforeFirstTask } = options;
  const stop = new AbortController();
  let worker: Worker | undefined;

  const work = async (): Promise<void> => {
    const connection = await Promise.race([link.connected, aborted(stop.signal)]);
    if (connection === undefined) return;
    let prepared = beforeFirstTask === undefined;
    while (!stop.signal.aborted) {
      try {
        if (!prepared) await beforeFirstTask?.(connection);
        prepared = true;
        worker = await Worker.create(workerOptions(options, connection));
        const running = worker.run();
        // Drained while it was made: a worker that never ran would hold on to its connection.
        if (stop.signal.aborted) worker.shutdown();
        else logger.info({ task_queue: options.taskQueue, namespace: options.namespace }, 'worker started');
        await running;
      } catch (error) {
        logger.error({ err: error }, 'the worker ended: starting it again');
        await Promise.race([new Promise((resolve) => setTimeout(resolve, RETRY_MS)), aborted(stop.signal)]);
      } finally {
        worker = undefined;
      }
    }
  };

  const ended = work();
  return {
    ready: () => worker?.getState() === 'RUNNING',
    async drain() {
      stop.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function workerOptions(options: RunWorkerOptions, connection: NativeConnection): WorkerOptions {
  return {
    connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    ...(options.identity !== undefined && { identity: options.identity }),
    ...workflowSource(options.bundlePath),
    activities: options.activities,
    maxConcurrentActivityTaskExecutions: options.maxConcurrentActivities,
    shutdownGraceTime: options.shutdownGraceMs,
    shutdownForceTime: options.shutdownGraceMs + FORCE_AFTER_MS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
