import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './metrics-table.ts';

export interface MetricsOptions {
  /** Outcomes of `attemptEnded` that are a fault of the agent itself. Default: none, so the agent's health stays unknown. */
  readonly agentFaults?: readonly string[];
  /** Names that may be a label, for whatever a run names: any other is `none`. Default: every name. */
  readonly configured?: { readonly agents: Iterable<string>; readonly clients: Iterable<string> };
  readonly version?: string;
  /** Whether to include metrics of the process. Default: true. */
  readonly processMetrics?: boolean;
}

/** The result of a delivery; `code` is that of the problem, why an event started nothing, or what is odd about a repeat. */
export type DeliveryResult =
  | { readonly result: 'accepted'; readonly client: string; readonly source: string }
  | { readonly result: 'duplicate'; readonly client: string; readonly source: string; readonly code?: string }
  | { readonly result: 'ignored'; readonly client: string; readonly source: string; readonly code: string }
  | { readonly result: 'refused'; readonly client?: string; readonly source: string; readonly code: string };

export type CallbackAttemptResult = { readonly client: string } & (
  { readonly outcome: 'delivered' } | { readonly outcome: 'failed'; readonly errorClass: string }
);

/** Counts what happens. Durations are seconds. */
export interface Metrics {
  /** `route` is the route's pattern, never the path. */
  requestAnswered(labels: { route: string; method: string; status: number }, seconds: number): void;
  deliveryJudged(delivery: DeliveryResult): void;
  /** A verified event of a configured source started nothing. */
  eventIgnored(labels: { source: string; why: string }): void;
  runStarted(labels: { client: string; agent: string }): void;
  /** A run has its outcome, `seconds` after its start. */
  runFinished(labels: { client: string; agent: string; status: string }, seconds: number): void;
  /** `outcome`: answered, canceled or a failure's type; 0 seconds where the agent was not called. */
  attemptEnded(labels: { agent: string; outcome: string }, seconds: number): void;
  /** A probe found an agent again that was unreachable. */
  agentReachedAgain(labels: { agent: string }): void;
  /** What an answer cost, as far as its agent says. */
  tokensUsed(
    labels: { client: string; agent: string },
    used: { input?: number; output?: number; costUsd?: number },
  ): void;
  permitsChanged(labels: { agent: string }, permits: { taken: number; waiting: number }): void;
  callbackAttempted(attempt: CallbackAttemptResult, seconds: number): void;
  /** The last attempt failed. */
  callbackDied(): void;
  /** An attempt was deferred because the per-host limit was reached. */
  callbackDeferred(): void;
  journalChanged(entries: number): void;
  /** The open runs of a state; undefined when they are not known. */
  openRunsCounted(state: string, runs: { count: number; oldestSeconds: number } | undefined): void;
  temporalAnswered(available: boolean): void;
  /** All metrics in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
}

/** Makes the metrics of `metrics-table.ts`, on a registry of their own. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { agentFaults, configured, version, processMetrics = true } = options;
  // A run may name any agent and client, and a label takes its values from the configuration alone.
  const knownAgent = onlyOf(configured?.agents);
  const knownClient = onlyOf(configured?.clients);
  const registry = new Registry();
  const requests = counter(METRICS.requests, registry);
  const requestSeconds = histogram(METRICS.requestSeconds, registry);
  const webhooks = counter(METRICS.webhooks, registry);
  const eventsIgnored = counter(METRICS.eventsIgnored, registry);
  const runsStarted = counter(METRICS.runsStarted, registry);
  const runsFinished = counter(METRICS.runsFinished, registry);
  const runSeconds = histogram(METRICS.runSeconds, registry);
  const tokens = counter(METRICS.tokens, registry);
  const costUsd = counter(METRICS.costUsd, registry);
  const agentAttempts = counter(METRICS.agentAttempts, registry);
  const agentSeconds = histogram(METRICS.agentSeconds, registry);
  const agentHealthy = gauge(METRICS.agentHealthy, registry);
  const agentPermits = gauge(METRICS.agentPermits, registry);
  const callbackAttempts = counter(METRICS.callbackAttempts, registry);
  const callbackSeconds = histogram(METRICS.callbackSeconds, registry);
  const callbacksDead = counter(METRICS.callbacksDead, registry);
  const callbacksDeferred = counter(METRICS.callbacksDeferred, registry);
  const openRuns = gauge(METRICS.openRuns, registry);
  const oldestOpenRun = gauge(METRICS.oldestOpenRun, registry);
  const journalEntries = gauge(METRICS.journalEntries, registry);
  const temporalAvailable = gauge(METRICS.temporalAvailable, registry);
  const buildInfo = gauge(METRICS.buildInfo, registry);
  if (version !== undefined) buildInfo.set({ version }, 1);
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    requestAnswered({ route, method, status }, seconds) {
      requests.inc({ route, method, status });
      requestSeconds.observe({ route, method }, seconds);
    },
    deliveryJudged(delivery) {
      const { client = UNKNOWN, source, result } = delivery;
      webhooks.inc({
        client: knownClient(client),
        source,
        result,
        code: 'code' in delivery ? (delivery.code ?? '') : '',
      });
    },
    eventIgnored: (labels) => eventsIgnored.inc(labels),
    runStarted: ({ client, agent }) => runsStarted.inc({ client: knownClient(client), agent: knownAgent(agent) }),
    runFinished({ client, status, ...labels }, seconds) {
      const agent = knownAgent(labels.agent);
      runsFinished.inc({ client: knownClient(client), agent, status });
      runSeconds.observe({ agent, status }, seconds);
    },
    attemptEnded({ outcome, ...labels }, seconds) {
      const agent = knownAgent(labels.agent);
      agentAttempts.inc({ agent, outcome });
      if (seconds > 0) agentSeconds.observe({ agent, outcome }, seconds);
      if (agentFaults === undefined || agent === UNKNOWN) return;
      if (outcome === 'answered') agentHealthy.set({ agent }, 1);
      else if (agentFaults.includes(outcome)) agentHealthy.set({ agent }, 0);
    },
    agentReachedAgain: ({ agent }) => agentHealthy.set({ agent: knownAgent(agent) }, 1),
    tokensUsed({ client, agent }, used) {
      const labels = { client: knownClient(client), agent: knownAgent(agent) };
      if (used.input !== undefined) tokens.inc({ ...labels, type: 'input' }, used.input);
      if (used.output !== undefined) tokens.inc({ ...labels, type: 'output' }, used.output);
      if (used.costUsd !== undefined) costUsd.inc(labels, used.costUsd);
    },
    permitsChanged({ agent }, { taken, waiting }) {
      agentPermits.set({ agent, state: 'taken' }, taken);
      agentPermits.set({ agent, state: 'waiting' }, waiting);
    },
    callbackAttempted(attempt, seconds) {
      const { outcome } = attempt;
      const errorClass = attempt.outcome === 'failed' ? attempt.errorClass : '';
      callbackAttempts.inc({ client: knownClient(attempt.client), outcome, error_class: errorClass });
      callbackSeconds.observe({ outcome }, seconds);
    },
    callbackDied: () => callbacksDead.inc(),
    callbackDeferred: () => callbacksDeferred.inc(),
    openRunsCounted(state, runs) {
      if (runs === undefined) {
        openRuns.remove({ state });
        oldestOpenRun.remove({ state });
      } else {
        openRuns.set({ state }, runs.count);
        oldestOpenRun.set({ state }, runs.oldestSeconds);
      }
    },
    journalChanged: (entries) => journalEntries.set(entries),
    temporalAnswered: (available) => temporalAvailable.set(available ? 1 : 0),
    // prom-client writes an unmeasured time as `Nan`, which only some readers parse.
    text: async () => (await registry.metrics()).replace(/ Nan$/gm, ' NaN'),
  };
}

/** The label of a name that is not configured. */
const UNKNOWN = 'none';

function onlyOf(names: Iterable<string> | undefined): (name: string) => string {
  if (names === undefined) return (name) => name;
  const known = new Set(names);
  return (name) => (known.has(name) ? name : UNKNOWN);
}

interface Entry<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

function counter<L extends string = never>({ name, help, labels }: Entry<L>, registry: Registry): Counter<L> {
  return new Counter({ name, help, labelNames: [...labels], registers: [registry] });
}

function gauge<L extends string = never>(
  { name, help, labels, unknownAtFirst }: Entry<L> & { readonly unknownAtFirst?: boolean },
  registry: Registry,
): Gauge<L> {
  const made = new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
  // A gauge without labels starts at 0.
  if (unknownAtFirst === true) made.remove();
  return made;
}

function histogram<L extends string>(
  { name, help, labels, buckets }: Entry<L> & { readonly buckets: readonly number[] },
  registry: Registry,
): Histogram<L> {
  return new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] });
}
