import { METRICS } from '../../src/telemetry/metrics-table.ts';

type Key = keyof typeof METRICS;
type Label<K extends Key> = (typeof METRICS)[K]['labels'][number];

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** Expressions by what the legend calls their series. */
  readonly queries: Readonly<Record<string, string>>;
}

const WIDTH = 8;
const HEIGHT = 8;
const PER_ROW = 24 / WIDTH;

/** What happens a second, summed over all processes. */
function rate<K extends Key>(key: K, by: readonly Label<K>[], selector = ''): string {
  return `sum by (${by.join(', ')}) (rate(${METRICS[key].name}${selector}[$__rate_interval]))`;
}

function quantile<K extends Key>(share: number, key: K, by: readonly Label<K>[]): string {
  const buckets = `rate(${METRICS[key].name}_bucket[$__rate_interval])`;
  return `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (${buckets}))`;
}

/** A gauge that each process has for itself. */
function total<K extends Key>(key: K, by: readonly Label<K>[]): string {
  return `sum by (${by.join(', ')}) (${METRICS[key].name})`;
}

/** A gauge that every process reads from the same place. */
function greatest<K extends Key>(key: K, by: readonly Label<K>[]): string {
  return `max by (${by.join(', ')}) (${METRICS[key].name})`;
}

const ROWS: Readonly<Record<string, readonly Panel[]>> = {
  Deliveries: [
    panel('Deliveries by source and result', 'reqps', {
      '{{source}} {{result}}': rate('webhooks', ['source', 'result']),
    }),
    panel('Refusals by code', 'reqps', {
      '{{source}} {{code}}': rate('webhooks', ['source', 'code'], '{result="refused"}'),
    }),
    panel('Ignored events', 'reqps', { '{{source}} {{why}}': rate('eventsIgnored', ['source', 'why']) }),
    panel('Requests by status', 'reqps', { '{{status}}': rate('requests', ['status']) }),
    panel('Duration of requests, 95 % below', 's', { '{{route}}': quantile(0.95, 'requestSeconds', ['route']) }),
  ],
  Runs: [
    panel('Runs started', 'ops', { '{{client}} {{agent}}': rate('runsStarted', ['client', 'agent']) }),
    panel('Runs finished', 'ops', { '{{agent}} {{status}}': rate('runsFinished', ['agent', 'status']) }),
    panel('From start to outcome', 's', {
      '{{agent}} half': quantile(0.5, 'runSeconds', ['agent']),
      '{{agent}} 95 %': quantile(0.95, 'runSeconds', ['agent']),
    }),
    panel('Open runs', 'none', { '{{state}}': greatest('openRuns', ['state']) }),
    panel('Oldest open run', 's', { '{{state}}': greatest('oldestOpenRun', ['state']) }),
  ],
  Agents: [
    panel('Attempts by outcome', 'ops', { '{{agent}} {{outcome}}': rate('agentAttempts', ['agent', 'outcome']) }),
    panel('Duration of calls, 95 % below', 's', { '{{agent}}': quantile(0.95, 'agentSeconds', ['agent']) }),
    panel('Healthy (1) or at fault (0)', 'none', { '{{agent}}': `min by (agent) (${METRICS.agentHealthy.name})` }),
    panel('Tasks at work and waiting', 'none', { '{{agent}} {{state}}': total('agentPermits', ['agent', 'state']) }),
    panel('Tokens a second by agent', 'none', { '{{agent}} {{type}}': rate('tokens', ['agent', 'type']) }),
    panel('Dollars a second by client', 'currencyUSD', { '{{client}}': rate('costUsd', ['client']) }),
    panel('Tokens a second by client', 'none', { '{{client}} {{type}}': rate('tokens', ['client', 'type']) }),
  ],
  Callbacks: [
    panel('Attempts by client', 'ops', { '{{client}} {{outcome}}': rate('callbackAttempts', ['client', 'outcome']) }),
    panel('Failed attempts by class', 'ops', {
      '{{error_class}}': rate('callbackAttempts', ['error_class'], '{outcome="failed"}'),
    }),
    panel('Duration of attempts, 95 % below', 's', { '{{outcome}}': quantile(0.95, 'callbackSeconds', ['outcome']) }),
    panel('New dead letters within an hour', 'none', {
      'dead letters': `sum(increase(${METRICS.callbacksDead.name}[1h]))`,
    }),
    panel('Deferred attempts', 'ops', { deferred: `sum(rate(${METRICS.callbacksDeferred.name}[$__rate_interval]))` }),
  ],
  Processes: [
    panel('Temporal can record runs', 'none', { '{{instance}}': METRICS.temporalAvailable.name }),
    panel('Entries of the journal', 'none', { '{{instance}}': METRICS.journalEntries.name }),
    panel('Processes by version', 'none', { '{{version}}': `count by (version) (${METRICS.buildInfo.name})` }),
    panel('Memory', 'bytes', {
      '{{instance}}': `process_resident_memory_bytes and on (job, instance) ${METRICS.buildInfo.name}`,
    }),
    panel('CPU', 'percentunit', {
      '{{instance}}': `rate(process_cpu_seconds_total[$__rate_interval]) and on (job, instance) ${METRICS.buildInfo.name}`,
    }),
    panel('Delay of the event loop, 99 % below', 's', {
      '{{instance}}': `nodejs_eventloop_lag_p99_seconds and on (job, instance) ${METRICS.buildInfo.name}`,
    }),
  ],
};

function panel(title: string, unit: string, queries: Panel['queries']): Panel {
  return { title, unit, queries };
}

/** The dashboard `deploy/grafana/garudust-temporal.json`, for Grafana 10 or later. */
export function renderGrafanaDashboard(): string {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const panels: object[] = [];
  let y = 0;
  const add = (made: object): void => void panels.push({ id: panels.length + 1, ...made });
  for (const [title, row] of Object.entries(ROWS)) {
    add({ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } });
    y += 1;
    for (const [index, { title: name, unit, queries }] of row.entries()) {
      const [x, line] = [(index % PER_ROW) * WIDTH, Math.floor(index / PER_ROW)];
      const targets = Object.entries(queries).map(([legendFormat, expr], number) => ({
        refId: String.fromCodePoint(65 + number),
        datasource,
        expr,
        legendFormat,
      }));
      add({
        type: 'timeseries',
        title: name,
        datasource,
        targets,
        fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
        options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
        gridPos: { x, y: y + line * HEIGHT, w: WIDTH, h: HEIGHT },
      });
    }
    y += Math.ceil(row.length / PER_ROW) * HEIGHT;
  }
  return JSON.stringify({
    uid: 'garudust-temporal',
    title: 'garudust-temporal',
    description: 'Made from the metrics table by npm run docs.',
    tags: ['garudust-temporal'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [{ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' }] },
    panels,
  });
}
