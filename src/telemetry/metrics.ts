import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './metrics-table.ts';

export interface MetricsOptions {
  /** Outcomes of `attemptEnded` that are a fault of the agent itself. Default: none, so the agent's health stays unknown. */
  readonly agentFaults?: readonly string[];
  readonly version?: string;
  /** Whether to include metrics of the process. Default: true. */
  readonly processMetrics?: boolean;
}

/** The result of a delivery; `code` is that of the problem, or the reason why an event started nothing. */
export type DeliveryResult =
  | { readonly result: 'accepted' | 'duplicate'; readonly client: string; readonly source: string }
  | { readonly result: 'ignored'; readonly client: string; readonly source: string; readonly code: string }
  | { readonly result: 'refused'; readonly client?: string; readonly source: string; readonly code: string };

export type CallbackAttemptResult =
  { readonly outcome: 'delivered' } | { readonly outcome: 'failed'; readonly errorClass: string };

/** Counts what happens. Durations are seconds. */
export interface Metrics {
  /** `route` is the route's pattern, never the path. */
  requestAnswered(labels: { route: string; method: string; status: number }, seconds: number): void;
  deliveryJudged(delivery: DeliveryResult): void;
  /** A verified event of a configured source started nothing. */
  eventIgnored(labels: { source: string; why: string }): void;
  runStarted(labels: { client: string; agent: string }): void;
  /** `outcome`: answered, canceled or a failure's type; 0 seconds where the agent was not called. */
  attemptEnded(labels: { agent: string; outcome: string }, seconds: number): void;
  permitsChanged(labels: { agent: string }, permits: { taken: number; waiting: number }): void;
  callbackAttempted(attempt: CallbackAttemptResult, seconds: number): void;
  /** The last attempt failed. */
  callbackDied(): void;
  /** An attempt was deferred because the per-host limit was reached. */
  callbackDeferred(): void;
  journalChanged(entries: number): void;
  temporalAnswered(available: boolean): void;
  /** All metrics in Prometheus' text format 0.0.4. */
  text(): Promise<string>;
}

/** Makes the metrics of `metrics-table.ts`, on a registry of their own. */
export function createMetrics({ agentFaults, version, processMetrics = true }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const requests = counter(METRICS.requests, registry);
  const requestSeconds = histogram(METRICS.requestSeconds, registry);
  const webhooks = counter(METRICS.webhooks, registry);
  const eventsIgnored = counter(METRICS.eventsIgnored, registry);
  const runsStarted = counter(METRICS.runsStarted, registry);
  const agentAttempts = counter(METRICS.agentAttempts, registry);
  const agentSeconds = histogram(METRICS.agentSeconds, registry);
  const agentHealthy = gauge(METRICS.agentHealthy, registry);
  const agentPermits = gauge(METRICS.agentPermits, registry);
  const callbackAttempts = counter(METRICS.callbackAttempts, registry);
  const callbackSeconds = histogram(METRICS.callbackSeconds, registry);
  const callbacksDead = counter(METRICS.callbacksDead, registry);
  const callbacksDeferred = counter(METRICS.callbacksDeferred, registry);
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
      const { client = 'none', source, result } = delivery;
      webhooks.inc({ client, source, result, code: 'code' in delivery ? delivery.code : '' });
    },
    eventIgnored: (labels) => eventsIgnored.inc(labels),
    runStarted: (labels) => runsStarted.inc(labels),
    attemptEnded({ agent, outcome }, seconds) {
      agentAttempts.inc({ agent, outcome });
      if (seconds > 0) agentSeconds.observe({ agent, outcome }, seconds);
      if (agentFaults === undefined) return;
      if (outcome === 'answered') agentHealthy.set({ agent }, 1);
      else if (agentFaults.includes(outcome)) agentHealthy.set({ agent }, 0);
    },
    permitsChanged({ agent }, { taken, waiting }) {
      agentPermits.set({ agent, state: 'taken' }, taken);
      agentPermits.set({ agent, state: 'waiting' }, waiting);
    },
    callbackAttempted(attempt, seconds) {
      const { outcome } = attempt;
      callbackAttempts.inc({ outcome, error_class: attempt.outcome === 'failed' ? attempt.errorClass : '' });
      callbackSeconds.observe({ outcome }, seconds);
    },
    callbackDied: () => callbacksDead.inc(),
    callbackDeferred: () => callbacksDeferred.inc(),
    journalChanged: (entries) => journalEntries.set(entries),
    temporalAnswered: (available) => temporalAvailable.set(available ? 1 : 0),
    // prom-client writes an unmeasured time as `Nan`, which only some readers parse.
    text: async () => (await registry.metrics()).replace(/ Nan$/gm, ' NaN'),
  };
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
