import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createAgent } from '../agents/agent-types.ts';
import { createActivities } from '../activities/index.ts';
import type { CompletionClient } from '../activities/journal/completion-client.ts';
import { handBackLost, workerIdentity } from '../activities/journal/hand-back-lost.ts';
import { JournalFolderError } from '../activities/journal/journal-errors.ts';
import { type Journal, openJournal } from '../activities/journal/journal.ts';
import { recoverJournal, type RunIds } from '../activities/journal/recover-journal.ts';
import type { Config } from '../config/config.ts';
import { SIGNAL } from '../contract/names.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { TemporalLink } from '../worker/connect-temporal.ts';
import { listStartedActivities } from '../worker/list-started-activities.ts';
import { runWorker } from '../worker/run-worker.ts';
import type { AgentWatch } from './agent-watch.ts';
import type { TemporalSettings } from './temporal-settings.ts';
import { keepClients } from './worker-clients.ts';

export interface WorkerParts {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly link: TemporalLink;
  readonly agents: Pick<AgentWatch, 'attemptEnded'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The worker of this process. */
export interface ComposedWorker {
  ready(): boolean;
  drain(): Promise<void>;
}

/**
 * Composes the worker from the configuration and lets it run; it begins when Temporal can be reached.
 *
 * @throws JournalLockedError when another worker has the journal
 */
export async function startWorker(parts: WorkerParts): Promise<ComposedWorker> {
  const { config, temporal, link, agents, logger, metrics } = parts;
  const { namespace } = temporal;
  const stopping = new AbortController();
  const journal = await openConfiguredJournal(config, logger, (entries) => metrics.journalChanged(entries));
  // A task comes over a connection, so that there is one whenever a result is to be reported.
  const clients = keepClients(link, namespace);
  const completions: CompletionClient = {
    complete: async (id: never, result: unknown) => clients().completions.complete(id, result),
    fail: async (id: never, error: unknown) => clients().completions.fail(id, error),
  };
  const identity = journal && workerIdentity(journal);
  /** Goes on for as long as Temporal does not take it. */
  const recover = async (connection: NativeConnection): Promise<void> => {
    if (journal === undefined || identity === undefined) return;
    const client = new Client({ connection, namespace });
    const uncache = async (execution: RunIds): Promise<void> => {
      await client.workflowService.resetStickyTaskQueue({ namespace, execution });
    };
    const common = { journal, completions, uncache, logger, signal: stopping.signal };
    await recoverJournal(common);
    await handBackLost({ ...common, identity, started: () => listStartedActivities(client, config.taskQueue) });
  };
  const activities = createActivities({
    agents: new Map(
      config.agents.map(({ name, spec, concurrency, delays }) => [
        name,
        { agent: createAgent(spec), concurrency, delays },
      ]),
    ),
    callback: {
      ...config.callback,
      clients: new Map(config.clients.map((client) => [client.id, client])),
      ownPorts: [...(config.ingressEnabled ? [config.port] : []), config.adminPort],
      onFirstFailure: async (runId) => clients().client.workflow.getHandle(runId).signal(SIGNAL.callbackRetrying),
    },
    ...(journal && { journal: { journal, completions } }),
    logger,
    metrics: {
      ...metrics,
      attemptEnded(labels, seconds) {
        agents.attemptEnded(labels, seconds);
        metrics.attemptEnded(labels, seconds);
      },
    },
  });
  const worker = runWorker({
    link,
    namespace,
    taskQueue: config.taskQueue,
    ...(identity !== undefined && { identity }),
    activities,
    maxConcurrentActivities: config.worker.maxConcurrentActivities,
    shutdownGraceMs: config.worker.shutdownGrace,
    beforeFirstTask: async (connection) => {
      void recover(connection);
      return Promise.resolve();
    },
    logger,
  });
  return {
    ready: () => worker.ready(),
    async drain() {
      await worker.drain();
      stopping.abort();
      await journal?.close();
    },
  };
}

/** A folder that can't be used costs speed after a crash, not correctness: the worker goes on without. */
async function openConfiguredJournal(
  config: Config,
  logger: Logger,
  onChange: (entries: number) => void,
): Promise<Journal | undefined> {
  const { journalDir } = config.worker;
  if (journalDir === undefined) return undefined;
  try {
    return await openJournal(journalDir, { onChange });
  } catch (error) {
    if (!(error instanceof JournalFolderError)) throw error;
    logger.warn({ folder: journalDir }, `${error.message} Going on without a journal.`);
    return undefined;
  }
}
