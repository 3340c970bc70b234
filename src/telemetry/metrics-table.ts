/** One metric. */
interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  /** One sentence: shown by Prometheus, and on the metrics page. */
  readonly help: string;
  /** None can be chosen by a caller: each takes its values from the configuration or from a table of ours. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
  /** Without a value until the first one is known: 0 would tell something untrue. */
  readonly unknownAtFirst?: true;
}

const MINUTE = 60;

/** Every metric of this program, beside those of the process (`process_*`, `nodejs_*`). */
export const METRICS = {
  requests: {
    type: 'counter',
    name: 'garudust_http_requests_total',
    help: 'Answered requests. Status 499: the caller went away first.',
    labels: ['route', 'method', 'status'],
  },
  requestSeconds: {
    type: 'histogram',
    name: 'garudust_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer. A poll that waits counts with its wait.',
    labels: ['route', 'method'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE],
  },
  webhooks: {
    type: 'counter',
    name: 'garudust_webhooks_total',
    help: 'Deliveries by result: accepted, duplicate, ignored or refused, with the code of the refusal, or why an event of a source was ignored. Client "none": not known, for the signature did not hold or was not looked at.',
    labels: ['client', 'source', 'result', 'code'],
  },
  eventsIgnored: {
    type: 'counter',
    name: 'garudust_events_ignored_total',
    help: 'Verified events of a source that started nothing, by why: event_type, filter or handshake.',
    labels: ['source', 'why'],
  },
  runsStarted: {
    type: 'counter',
    name: 'garudust_runs_started_total',
    help: 'Runs that were recorded in Temporal.',
    labels: ['client', 'agent'],
  },
  agentAttempts: {
    type: 'counter',
    name: 'garudust_agent_attempts_total',
    help: 'Attempts of agents by outcome: answered, canceled, or the type of the failure.',
    labels: ['agent', 'outcome'],
  },
  agentSeconds: {
    type: 'histogram',
    name: 'garudust_agent_attempt_duration_seconds',
    help: 'Time that a call of the agent took. Attempts that made no call are left out.',
    labels: ['agent', 'outcome'],
    buckets: [
      0.5,
      1,
      2.5,
      5,
      10,
      30,
      MINUTE,
      2 * MINUTE,
      5 * MINUTE,
      10 * MINUTE,
      20 * MINUTE,
      30 * MINUTE,
      60 * MINUTE,
    ],
  },
  agentHealthy: {
    type: 'gauge',
    name: 'garudust_agent_healthy',
    help: "1: the agent's last answer was good. 0: the last attempt met a fault of the agent itself, such as a refused key.",
    labels: ['agent'],
  },
  agentPlaces: {
    type: 'gauge',
    name: 'garudust_agent_places',
    help: 'Tasks that the agent works on (state "taken"), and tasks that wait in this worker for it ("waiting").',
    labels: ['agent', 'state'],
  },
  callbackAttempts: {
    type: 'counter',
    name: 'garudust_callback_attempts_total',
    help: 'Tries to deliver a callback by outcome: delivered or failed, with the class of the error.',
    labels: ['outcome', 'error_class'],
  },
  callbackSeconds: {
    type: 'histogram',
    name: 'garudust_callback_attempt_duration_seconds',
    help: 'Time that a try to deliver a callback took.',
    labels: ['outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
  },
  callbacksDead: {
    type: 'counter',
    name: 'garudust_callbacks_dead_total',
    help: 'Callbacks whose last try failed: their runs wait for a redelivery.',
    labels: [],
  },
  callbacksParked: {
    type: 'counter',
    name: 'garudust_callbacks_parked_total',
    help: 'Attempts to deliver a callback that found no free place at their host and gave their slot back until their turn.',
    labels: [],
  },
  journalEntries: {
    type: 'gauge',
    name: 'garudust_journal_entries',
    help: "Activities that the worker's journal holds: those that run, and results that Temporal does not have yet.",
    labels: [],
    unknownAtFirst: true,
  },
  temporalAvailable: {
    type: 'gauge',
    name: 'garudust_temporal_available',
    help: '1: Temporal answered the ingress when it was last asked. 0: it did not, or refused.',
    labels: [],
    unknownAtFirst: true,
  },
  buildInfo: {
    type: 'gauge',
    name: 'garudust_build_info',
    help: 'Always 1: the version is in the label.',
    labels: ['version'],
  },
} as const satisfies Record<string, MetricEntry>;
