import { AsyncCompletionClient, Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { createAgent } from '../../activities/agents/index.ts';
import { createActivities } from '../../activities/index.ts';
import type { CompletionClient } from '../../activities/journal/completion-client.ts';
import { JournalFolderError } from '../../activities/journal/journal-errors.ts';
import { type Journal, openJournal } from '../../activities/journal/journal.ts';
import { recoverJournal } from '../../activities/journal/recover-journal.ts';
import type { Config } from '../../config/config.ts';
import { SIGNAL } from '../../contract/names.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { TemporalLink } from '../../worker/connect-temporal.ts';
import { runWorker } from '../../worker/run-worker.ts';
import type { TemporalSettings } from './temporal-settings.ts';

export interface WorkerParts {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  readonly link: TemporalLink;
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
  const { config, temporal, link, logger, metrics } = parts;
  const { namespace } = temporal;
  const stopping = new AbortController();
  const journal = await openConfiguredJournal(config, logger);
  const withConnection = async <T>(use: (connection: NativeConnection) => Promise<T>): Promise<T> => {
    const connection = link.current();
    if (connection === undefined) throw new Error('Temporal is not connected');
    return use(connection);
  };
  // A task comes over a connection, so that there is one whenever a result is to be reported.
  const completions: CompletionClient = {
    complete: (id: never, result: unknown) =>
      withConnection((connection) => new AsyncCompletionClient({ connection, namespace }).complete(id, result)),
    fail: (token, error) =>
      withConnection((connection) => new AsyncCompletionClient({ connection, namespace }).fail(token, error)),
  };
  const activities = createActivities({
    agents: new Map(
      config.agents.map(({ name, spec, concurrency }) => [name, { agent: createAgent(spec), concurrency }]),
    ),
    callback: {
      clients: new Map(config.clients.map((client) => [client.id, client])),
      permitNetworks: config.callback.permitNetworks,
      onFirstFailure: (runId) =>
        withConnection((connection) =>
          new Client({ connection, namespace }).workflow.getHandle(runId).signal(SIGNAL.callbackRetrying),
        ),
    },
    ...(journal && { journal: { journal, completions } }),
    logger,
    metrics,
  });
  const worker = runWorker({
    link,
    namespace,
    taskQueue: config.taskQueue,
    activities,
    maxConcurrentActivities: config.worker.maxConcurrentActivities,
    shutdownGraceMs: config.worker.shutdownGraceMs,
    beforeFirstTask: async () => {
      // Not waited for: it goes on for as long as Temporal does not take it.
      if (journal) void recoverJournal({ journal, completions, logger, signal: stopping.signal });
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
async function openConfiguredJournal(config: Config, logger: Logger): Promise<Journal | undefined> {
  const { journalDir } = config.worker;
  if (journalDir === undefined) return undefined;
  try {
    return await openJournal(journalDir);
  } catch (error) {
    if (!(error instanceof JournalFolderError)) throw error;
    logger.warn({ folder: journalDir }, `${error.message} Going on without a journal.`);
    return undefined;
  }
}
