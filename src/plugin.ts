import { Context } from '@temporalio/activity';
import type { Client, ClientOptions, ClientPlugin } from '@temporalio/client';
import { SimplePlugin, type SimplePluginOptions } from '@temporalio/plugin';
import {
  type BundleOptions,
  type BundlerPlugin,
  type ReplayWorkerOptions,
  Runtime,
  type Worker,
  type WorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker';
import { createActivities, SEEN_ACTIVITIES } from './activities/index.ts';
import type { CompletionClient, OfActivity } from './activities/journal/report-until-settled.ts';
import {
  handBackLost,
  handBackUnseen,
  type StartedActivity,
  workerIdentity,
} from './activities/journal/hand-back-lost.ts';
import type { Journal } from './activities/journal/journal.ts';
import { SeenAttempts } from './activities/journal/seen-attempts.ts';
import { recoverJournal, type RunIds } from './activities/journal/recover-journal.ts';
import { ACTIVITY_ID } from './contract/activities.ts';
import { REDELIVERY_WORKFLOW, SIGNAL, WORKFLOW } from './contract/names.ts';
import { Payloads } from './payloads/payloads.ts';
import { type GarudustPluginOptions, readWorkerParts, type WorkerParts } from './stack/worker-parts.ts';
import { openJournalOf } from './stack/open-journal-of.ts';
import { StartError, toStartError } from './stack/start-error.ts';
import { listStartedActivities } from './worker/list-started-activities.ts';
import { shutDownWith } from './worker/run-worker.ts';
import { createRunSinks } from './worker/run-sinks.ts';
import { endingMisfits } from './worker/own-modules.ts';
import { toWorkerVersion } from './worker/worker-version.ts';
import { bundleWithOurs, hasOurWorkflows, WORKFLOWS_PATH, workflowSource } from './worker/workflow-bundle.ts';

/** Time for cancelled activities to end, on top of the grace period. */
const FORCE_AFTER_MS = 5000;
/** A cancellation reaches an activity in the response to a heartbeat: this is the longest it may take. */
const HEARTBEAT_THROTTLE_MS = 2000;
/**
 * How long Temporal keeps a workflow task for the worker that has the run in its cache, before any worker may have it: what
 * a crash costs every run that the worker knew. Why so: docs/decisions/0011-short-workflow-task-timeouts.md.
 */
const STICKY_TIMEOUT_MS = 2000;
/**
 * Workflow tasks that one worker takes at once. Each has a timeout from when it is taken: a slow machine that takes many
 * loses those that it comes to last. With fewer, starts under load are not eager: four polls and twelve first tries of callbacks hold slots
 * and compute nothing. Why so: docs/decisions/0011-short-workflow-task-timeouts.md.
 */
const WORKFLOW_TASKS = 48;
/** Few: polls hold slots, and an eager start needs one that no poll holds. */
const WORKFLOW_POLLS = 4;

/**
 * The hooks of `SimplePlugin` that differ here. It declares `configureWorker` as synchronous; `Worker.create` awaits it, and a
 * journal is opened asynchronously.
 */
interface WorkerHooks {
  readonly name: string;
  configureClient(options: ClientOptions): ClientOptions;
  configureWorker(options: WorkerOptions): WorkerOptions | Promise<WorkerOptions>;
  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions;
  configureBundler(options: BundleOptions): BundleOptions;
  runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void>;
}
const AsyncPlugin: new (options: SimplePluginOptions) => WorkerHooks = SimplePlugin;

/** States of a worker that takes no new tasks. */
const STOPPING: ReadonlySet<ReturnType<Worker['getState']>> = new Set([
  'STOPPING',
  'DRAINING',
  'DRAINED',
  'STOPPED',
  'FAILED',
]);

/** The open journal, and the workers that share it. */
interface Session {
  readonly journal: Journal | undefined;
  readonly seen: SeenAttempts;
  readonly stopping: AbortController;
  identity?: string;
  readonly workers: Set<Worker>;
  recovery?: Promise<void>;
}

/**
 * Adds to a Temporal worker: the activities `runAgent` and `deliverCallback`, the workflow `agentRun`, the journal with its
 * recovery after a crash, the encryption of payloads, and the timeouts for quick cancellation and a graceful stop.
 * `garudust-temporal start` and `worker` use it themselves. A client with this plugin encrypts and decrypts as the worker does.
 *
 * The plugin bundles the workflows of the worker's `workflowsPath` together with ours. Options of the worker win over those of
 * the plugin.
 *
 * `Worker.create` rejects with a StartError for invalid settings or a journal that another worker uses, and with an Error for a
 * `workflowBundle` without our workflows. `worker.run()` rejects with a StartError when another plugin has replaced the encryption
 * of payloads.
 *
 * @example With the settings that `garudust-temporal worker` would read:
 * const worker = await Worker.create({
 *   connection,
 *   taskQueue: 'garudust',
 *   workflowsPath: fileURLToPath(import.meta.resolve('./workflows.js')),
 *   plugins: [new GarudustPlugin({ config: './garudust-temporal.yaml' })],
 * });
 *
 * @example Without a settings file, with an agent of one's own:
 * new GarudustPlugin({
 *   agents: { echo: { run: (text) => Promise.resolve({ output: text }) } },
 *   callback: { callbackSecret: [secret] },
 *   journalDir: '/var/lib/agents/journal',
 * });
 */
export class GarudustPlugin extends AsyncPlugin implements ClientPlugin, WorkerPlugin, BundlerPlugin {
  readonly #read: () => WorkerParts;
  #parts: WorkerParts | undefined;
  #session: Promise<Session> | undefined;

  /**
   * Reads nothing yet, so that the same plugin serves `bundleWorkflowCode`.
   *
   * @param read for our own stack, which has read its settings
   */
  constructor(options: GarudustPluginOptions = {}, read?: () => WorkerParts) {
    super({ name: 'garudust-temporal' });
    this.#read = read ?? (() => readWorkerParts(options, runtimeLogger));
  }

  /**
   * Opens the journal. `Worker.create` does so too; call it before to learn of a locked journal early.
   *
   * @throws StartError for invalid settings, or a journal that another worker uses
   */
  async open(): Promise<void> {
    await this.#begin();
  }

  /** Ends recovery and closes the journal. The end of `worker.run()` does so too. */
  async close(): Promise<void> {
    const session = await this.#session;
    this.#session = undefined;
    session?.stopping.abort();
    await session?.journal?.close();
  }

  override configureClient(options: ClientOptions): ClientOptions {
    return this.#readOnce().payloads.configureClient(options);
  }

  override async configureWorker(options: WorkerOptions): Promise<WorkerOptions> {
    const session = await this.#begin(options.namespace ?? 'default');
    const parts = this.#readOnce();
    if (session.journal) session.identity ??= workerIdentity(session.journal, options.identity);
    return {
      shutdownGraceTime: parts.shutdownGrace,
      shutdownForceTime: parts.shutdownGrace + FORCE_AFTER_MS,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
      ...(options.tuner === undefined && {
        ...(options.maxConcurrentWorkflowTaskExecutions === undefined && {
          maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS,
          ...(options.workflowTaskPollerBehavior === undefined && { maxConcurrentWorkflowTaskPolls: WORKFLOW_POLLS }),
        }),
        ...(parts.maxConcurrentActivities !== undefined && {
          maxConcurrentActivityTaskExecutions: parts.maxConcurrentActivities,
        }),
      }),
      ...toWorkerVersion(parts.versioning, options),
      ...parts.payloads.configureWorker(options),
      ...(session.identity !== undefined && { identity: session.identity }),
      ...this.#workflows(options, parts),
      ...endingMisfits(options, parts.workflows),
      sinks: { ...options.sinks, ...createRunSinks(parts.onRunFinished) },
      activities: { ...options.activities, ...composeActivities(parts, session) },
    };
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const parts = this.#partsForReplay();
    return {
      ...(parts?.payloads ?? new Payloads()).configureReplayWorker(options),
      ...this.#workflows(options, parts),
      sinks: { ...options.sinks, ...createRunSinks() },
    };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    return bundleWithOurs(options, this.#partsForReplay()?.workflows);
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const session = await this.#begin();
    const { payloads } = this.#readOnce();
    if (payloads.isNeeded && !payloads.isUsedBy(worker.options.loadedDataConverter)) {
      // A worker that never ran would keep its connection open.
      const running = next(worker);
      await shutDownWith(AbortSignal.abort(), worker, running);
      await running;
      await this.close();
      throw new StartError(
        'Another plugin has replaced the data converter, and payloads would not be encrypted: list GarudustPlugin behind it.',
      );
    }
    session.workers.add(worker);
    try {
      session.recovery ??= this.#recover(session, worker);
      await next(worker);
    } finally {
      session.workers.delete(worker);
      if (session.workers.size === 0) await this.close();
    }
  }

  /** A replay asks no agent, so it needs no settings; a history that is encrypted then says which key it needs. */
  #partsForReplay(): WorkerParts | undefined {
    try {
      return this.#readOnce();
    } catch (error) {
      if (error instanceof StartError) return undefined;
      throw error;
    }
  }

  #readOnce(): WorkerParts {
    return (this.#parts ??= this.#read());
  }

  #begin(namespace?: string): Promise<Session> {
    return (this.#session ??= this.#openSession(namespace).catch((error: unknown) => {
      this.#session = undefined;
      throw toStartError(error);
    }));
  }

  async #openSession(namespace?: string): Promise<Session> {
    // Without an address: a connection does not tell its own.
    const parts = { ...(namespace !== undefined && { journalOwner: namespace }), ...this.#readOnce() };
    const journal = await openJournalOf(parts);
    return { journal, seen: new SeenAttempts(), stopping: new AbortController(), workers: new Set() };
  }

  /**
   * The workflow code of a worker. What other plugins add, and converters by path, must be bundled; without them the bundle
   * of the build saves a second.
   */
  #workflows(
    options: WorkerOptions | ReplayWorkerOptions,
    { workflows = {}, workflowBundle: built }: Partial<WorkerParts> = {},
  ): Partial<WorkerOptions & ReplayWorkerOptions> {
    const { workflowBundle, workflowsPath, dataConverter, interceptors, plugins = [] } = options;
    if (workflowBundle !== undefined) {
      if (hasOurWorkflows(workflowBundle)) return {};
      throw new Error(
        'The workflowBundle does not contain the workflows of garudust-temporal. Create it with bundleWorkflowCode({ workflowsPath, plugins: [new GarudustPlugin()] }), or pass workflowsPath to Worker.create instead.',
      );
    }
    // Last, so that the path of another plugin is bundled with ours instead of replacing it.
    const others = plugins.filter((plugin) => plugin !== this && !(plugin instanceof Payloads));
    const ordered = { plugins: [...others, this] };
    const plain =
      workflowsPath === undefined &&
      others.length === 0 &&
      interceptors?.workflowModules === undefined &&
      dataConverter?.payloadConverterPath === undefined &&
      dataConverter?.failureConverterPath === undefined &&
      !('bundlerOptions' in options && options.bundlerOptions !== undefined);
    if (workflowsPath !== undefined) return ordered;
    // It was made with the other plugins.
    if (built !== undefined) return { workflowBundle: built, ...ordered };
    return plain && Object.keys(workflows).length === 0
      ? { ...workflowSource(), ...ordered }
      : { workflowsPath: WORKFLOWS_PATH, ...ordered };
  }

  /**
   * Recovers the previous worker's journal, and from then on, each time Temporal returns, what was lost on its way to this one.
   * Retries while Temporal is away; never rejects.
   */
  async #recover({ journal, seen, identity, stopping }: Session, { client, options }: Worker): Promise<void> {
    if (journal === undefined || identity === undefined || client === undefined || this.#parts === undefined) return;
    const { namespace, taskQueue } = options;
    const uncache = async (execution: RunIds): Promise<void> => {
      await client.workflowService.resetStickyTaskQueue({ namespace, execution });
    };
    const { logger, watchReturns } = this.#parts;
    const { signal } = stopping;
    const common = { completions: client.activity, uncache, logger, signal };
    const started = (): AsyncIterable<StartedActivity> => listStartedActivities(client, taskQueue);
    await recoverJournal({ ...common, journal });
    await handBackLost({ ...common, journal, identity, started });
    await watchReturns?.(async () => {
      await handBackUnseen({ ...common, identity, started, seen, types: SEEN_ACTIVITIES });
    }, signal);
  }
}

/** Whether every worker of the session shuts down. One that is not yet running has no state of its own. */
function isDraining({ workers }: Session): boolean {
  return workers.size > 0 && [...workers].every((worker) => STOPPING.has(worker.getState()));
}

/** Ours that deliver a callback. */
const DELIVERS: readonly string[] = [WORKFLOW.agentRun, REDELIVERY_WORKFLOW];

function composeActivities(parts: WorkerParts, session: Session): ReturnType<typeof createActivities> {
  const { journal } = session;
  // Of the worker that runs the activity, so that its data converter is used.
  const client = (): Client => Context.current().client;
  const completions: CompletionClient = {
    get options() {
      return client().options;
    },
    complete: async (id: never, result: unknown, of?: OfActivity) => client().activity.complete(id, result, of),
    fail: async (id: never, error: unknown) => client().activity.fail(id, error),
  };
  return createActivities({
    ...parts,
    ...(parts.payloads.takesLarge && { maxPayloadBytes: Infinity }),
    isDraining: () => isDraining(session),
    async onAgentWait(runId, type) {
      // No other workflow has a handler for it.
      if (Context.current().info.workflowType !== WORKFLOW.agentRun) return;
      await client().workflow.getHandle(runId).signal(SIGNAL.agentWaiting, type);
    },
    callback: {
      ...parts.callback,
      graceMs: parts.shutdownGrace,
      async onFirstFailure(runId) {
        const { workflowType = '', workflowExecution, activityId } = Context.current().info;
        // Only they have a handler for it. A team's workflow sends callbacks of other ids, too.
        const delivers = DELIVERS.includes(workflowType) || Object.hasOwn(parts.workflows ?? {}, workflowType);
        if (!delivers || activityId !== ACTIVITY_ID.callback) return;
        await client()
          .workflow.getHandle(workflowExecution?.workflowId ?? runId)
          .signal(SIGNAL.callbackRetrying);
      },
    },
    ...(journal && { journal: { journal, completions, seen: session.seen } }),
  });
}

/** Logs as the SDK does, so that a team's logger gets our lines too. */
const runtimeLogger: WorkerParts['logger'] = {
  info: (fields, message) => Runtime.instance().logger.info(message, { ...fields }),
  warn: (fields, message) => Runtime.instance().logger.warn(message, { ...fields }),
  error: (fields, message) => Runtime.instance().logger.error(message, { ...fields }),
};
