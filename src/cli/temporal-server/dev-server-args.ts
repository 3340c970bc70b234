import { SEARCH_ATTRIBUTE_TYPES } from '../../contract/search-attributes.ts';

/** Where the dev server listens. Both services stay on loopback. */
export const DEV_SERVER_HOST = '127.0.0.1';

/**
 * Settings that the dev server is always given. Eager activities are off by default up to Server 1.31 and make a run
 * about six times faster from end to end; as shipped the request quotas (2,400 and 3,000 a second) end at some 200 runs
 * a second. By default a timer that is less than a second ahead may fire a second late, and retries are. The CLI lets the server read its
 * search attributes from the database ten times a run, which takes a tenth of its CPU; servers elsewhere keep them for some seconds.
 */
const DYNAMIC_CONFIG = {
  'system.enableActivityEagerExecution': true,
  // Clients take turns in a task queue.
  'matching.enableFairness': true,
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 1_000,
  'history.rps': 100_000,
  'history.timerProcessorMaxTimeShift': '"100ms"',
  'system.forceSearchAttributesCacheRefreshOnRead': false,
} as const;

/** Go then collects garbage half as often as by default: a twelfth less CPU, for some 100 MiB under load. */
export const DEV_SERVER_ENV = { GOGC: '200' } as const;

/** Without these the server is two to seven times slower; a killed server still loses nothing. */
const SQLITE_PRAGMAS = ['journal_mode=wal', 'synchronous=1'] as const;

export interface DevServerPlan {
  readonly port: number;
  /** Undefined: no UI. */
  readonly uiPort: number | undefined;
  readonly namespace: string;
  /** Undefined: in memory. */
  readonly databaseFile: string | undefined;
  /** Keyword search attributes in addition to this project's own. */
  readonly extraSearchAttributes: readonly string[];
  /** `--ui-disable-news-fetch` exists only in newer CLIs. */
  readonly canDisableNews: boolean;
}

/** The arguments of `temporal` that start a dev server. Metrics and HTTP ports are left to it: it takes free ones. */
export function devServerArgs(plan: DevServerPlan): string[] {
  const attributes = [
    ...Object.entries(SEARCH_ATTRIBUTE_TYPES),
    ...plan.extraSearchAttributes.map((name) => [name, 'Keyword'] as const),
  ];
  return [
    ...['server', 'start-dev', '--ip', DEV_SERVER_HOST, '--port', String(plan.port), '--namespace', plan.namespace],
    ...(plan.uiPort === undefined ? ['--headless'] : ['--ui-port', String(plan.uiPort)]),
    ...(plan.uiPort !== undefined && plan.canDisableNews ? ['--ui-disable-news-fetch'] : []),
    ...(plan.databaseFile === undefined ? [] : ['--db-filename', plan.databaseFile]),
    ...SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ...attributes.flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...['--log-level', 'error', '--color', 'never'],
  ];
}
