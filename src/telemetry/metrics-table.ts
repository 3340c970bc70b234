/** One metric. */
interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  /** Help text for Prometheus and the metrics page. */
  readonly help: string;
  /** Callers cannot choose a value: each label takes its values from the configuration or from a table of ours. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
  /** Has no value until the first one is known, because 0 would be wrong. */
  readonly unknownAtFirst?: true;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Every metric of this program, beside those of the process (`process_*`, `nodejs_*`). */
export const METRICS = {
  requests: {
    type: 'counter',
    name: 'garudust_http_requests_total',
    help: 'Answered requests. Status 499: the caller disconnected first.',
    labels: ['route', 'method', 'status'],
  },
  requestSeconds: {
    type: 'histogram',
    name: 'garudust_http_request_duration_seconds',
    help: 'Time from a request to the end of its response, including the wait of a long poll.',
    labels: ['route', 'method'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE],
  },
  webhooks: {
    type: 'counter',
    name: 'garudust_webhooks_total',
    help: 'Deliveries by result: accepted, duplicate, ignored or refused. The code is that of the refusal, the reason why an event was ignored, or body_differs for a repeat of an id with another body. Client "none": unknown, because the signature was invalid or not checked.',
    labels: ['client', 'source', 'result', 'code'],
  },
  eventsIgnored: {
    type: 'counter',
    name: 'garudust_events_ignored_total',
    help: 'Verified events of a source that started no run, by reason: event_type, filter, handshake, or empty for a delivery without events.',
    labels: ['source', 'why'],
  },
  runsStarted: {
    type: 'counter',
    name: 'garudust_runs_started_total',
    help: 'Runs recorded in Temporal.',
    labels: ['client', 'agent'],
  },
  runsFinished: {
    type: 'counter',
    name: 'garudust_runs_finished_total',
    help: 'Runs by how they ended for their caller, counted before their callback: completed, failed, timed_out or canceled. Runs that Temporal terminates, and those of your own workflows, are not counted.',
    labels: ['client', 'agent', 'status'],
  },
  runSeconds: {
    type: 'histogram',
    name: 'garudust_run_duration_seconds',
    help: 'Time from the start of a run to its outcome, with every wait and retry, without its callback.',
    labels: ['agent', 'status'],
    buckets: [
      1,
      5,
      10,
      30,
      MINUTE,
      2 * MINUTE,
      5 * MINUTE,
      10 * MINUTE,
      20 * MINUTE,
      30 * MINUTE,
      HOUR,
      2 * HOUR,
      6 * HOUR,
      24 * HOUR,
    ],
  },
  agentAttempts: {
    type: 'counter',
    name: 'garudust_agent_attempts_total',
    help: 'Agent attempts by outcome: answered, canceled, or the type of the failure.',
    labels: ['agent', 'outcome'],
  },
  agentSeconds: {
    type: 'histogram',
    name: 'garudust_agent_attempt_duration_seconds',
    help: 'Duration of agent calls. Attempts that made no call are not counted.',
    labels: ['agent', 'outcome'],
    buckets: [0.5, 1, 2.5, 5, 10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR],
  },
  tokens: {
    type: 'counter',
    name: 'garudust_tokens_total',
    help: 'Tokens of answers, as far as the agent reports them. Type: input or output.',
    labels: ['client', 'agent', 'type'],
  },
  costUsd: {
    type: 'counter',
    name: 'garudust_cost_usd_total',
    help: 'US dollars that calls cost, as far as the agent reports a price. `increase(…[1d])` by client is about what each has spent in a day: a worker that restarts or crashes loses what nobody has read.',
    labels: ['client', 'agent'],
  },
  agentHealthy: {
    type: 'gauge',
    name: 'garudust_agent_healthy',
    help: "1: the agent's last attempt succeeded, or its server is there again after it was unreachable. 0: the attempt hit a fault of the agent itself, such as a refused key.",
    labels: ['agent'],
  },
  agentPermits: {
    type: 'gauge',
    name: 'garudust_agent_places',
    help: 'Tasks that the agent works on (state "taken"), and tasks that wait for it, in this worker or handed back to Temporal until their turn ("waiting").',
    labels: ['agent', 'state'],
  },
  callbackAttempts: {
    type: 'counter',
    name: 'garudust_callback_attempts_total',
    help: 'Callback delivery attempts by outcome: delivered or failed, with the class of the error.',
    labels: ['client', 'outcome', 'error_class'],
  },
  callbackSeconds: {
    type: 'histogram',
    name: 'garudust_callback_attempt_duration_seconds',
    help: 'Duration of callback delivery attempts.',
    labels: ['outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
  },
  callbacksDead: {
    type: 'counter',
    name: 'garudust_callbacks_dead_total',
    help: 'Callbacks whose last attempt failed: their runs wait for a redelivery.',
    labels: [],
  },
  callbacksDeferred: {
    type: 'counter',
    name: 'garudust_callbacks_parked_total',
    help: 'Callback delivery attempts that were deferred because the per-host limit was reached. They do not count as attempts.',
    labels: [],
  },
  openRuns: {
    type: 'gauge',
    name: 'garudust_open_runs',
    help: 'Open runs of the namespace by state: active (no callback has failed yet), retrying (a callback is being retried), dead (a dead letter). Counted at Temporal once a minute at most, by every ingress, so take the maximum.',
    labels: ['state'],
  },
  oldestOpenRun: {
    type: 'gauge',
    name: 'garudust_oldest_open_run_seconds',
    help: 'How long the oldest open run of a state has been open, rounded down to 1, 5 or 15 minutes, 1 or 6 hours, 1, 3, 7 or 14 days; 0 below a minute.',
    labels: ['state'],
  },
  journalEntries: {
    type: 'gauge',
    name: 'garudust_journal_entries',
    help: "Activities in the worker's journal: running ones, and results that Temporal does not have yet.",
    labels: [],
    unknownAtFirst: true,
  },
  temporalAvailable: {
    type: 'gauge',
    name: 'garudust_temporal_available',
    help: '1: Temporal answers and is set up, so that runs can be recorded. 0: it refuses, does not answer or lacks our setup.',
    labels: [],
    unknownAtFirst: true,
  },
  buildInfo: {
    type: 'gauge',
    name: 'garudust_build_info',
    help: 'Always 1; the label holds the version.',
    labels: ['version'],
  },
} as const satisfies Record<string, MetricEntry>;
