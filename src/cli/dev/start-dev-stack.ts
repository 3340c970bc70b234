import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import type { Progress } from '../show/progress.ts';
import { loadProcess } from '../../stack/load-process.ts';
import { effectiveRoles, type InFlight, type RunningStack, startStack } from '../../stack/start-stack.ts';
import { namesTemporalServer } from '../../stack/temporal-settings.ts';
import { DEV_SERVER_HOST } from '../temporal-server/dev-server-args.ts';
import { checkPorts } from './check-dev-place.ts';
import { findTemporal } from './find-temporal.ts';
import { setDevSchedules } from './set-dev-schedules.ts';

const READY_TIMEOUT_MS = 30_000;
const USE_IT = 'If that is the Temporal server you want to use, set TEMPORAL_ADDRESS.';

export interface DevStackOptions {
  /** Keeps the database, the journal and the generated secrets. */
  readonly folder: string;
  /** 0 picks a free one. */
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  /** Flags of settings, by commander's names. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** False reads no settings file. */
  readonly file?: false;
  readonly progress: Progress;
}

/** Everything on one machine: Temporal, ingress, worker. */
export interface DevStack {
  readonly loaded: LoadedConfig;
  readonly config: Config;
  readonly logger: Logger;
  readonly ingressUrl: string;
  /** Of the run list; undefined when an external Temporal server is used and no UI is configured. */
  readonly temporalUi: string | undefined;
  /** Resolves when the dev server exits unexpectedly. */
  readonly serverDied: Promise<void>;
  inFlight(): InFlight;
  drain(): Promise<void>;
}

/**
 * Starts everything on this machine from the parts that production uses, and resolves when it accepts tasks.
 *
 * @throws StartError, CliError with one sentence for whatever prevents the start
 */
export async function startDevStack(io: CliIo, options: DevStackOptions): Promise<DevStack> {
  const { folder, flags, progress } = options;
  const journalDir = flags['journalDir'] ?? (io.env['JOURNAL_DIR'] || join(folder, 'journal'));
  const loaded = loadProcess({
    ...io,
    mode: 'dev',
    flags: { ...flags, journalDir },
    devSecretsFile: join(folder, 'dev-secrets.json'),
    ...(options.file === false && { file: false }),
  });
  // dev starts runs by HTTP, so it needs an ingress.
  const { config: asked } = loaded.loaded;
  effectiveRoles({ ingress: true, worker: false }, asked);
  const { temporalPort, temporalUiPort } = options;
  await checkPorts([
    { host: asked.host, port: asked.port, what: 'the ingress', flag: '--port' },
    { host: asked.adminHost, port: asked.adminPort, what: 'health and metrics', flag: '--admin-port' },
    ...(namesTemporalServer(io.env)
      ? []
      : [
          {
            host: DEV_SERVER_HOST,
            port: temporalPort,
            what: 'the Temporal dev server',
            flag: '--temporal-port',
            hint: USE_IT,
          },
          { host: DEV_SERVER_HOST, port: temporalUiPort, what: 'the Temporal UI', flag: '--temporal-ui-port' },
        ]),
  ]);
  keepToOwner(folder, io);
  const { settings: temporal, server: devServer } = await findTemporal(io, {
    folder,
    port: temporalPort,
    uiPort: temporalUiPort,
    progress,
  });
  let stack: RunningStack | undefined;
  const drain = async (): Promise<void> => {
    await stack?.drain();
    await devServer?.stop();
  };
  try {
    const temporalUiUrl = loaded.loaded.config.temporalUiUrl ?? devServer?.uiUrl;
    const config = { ...loaded.loaded.config, ...(temporalUiUrl !== undefined && { temporalUiUrl }) };
    progress.show('starting worker and ingress');
    const started = (stack = await startStack({ ...loaded, temporal, config, roles: { ingress: true, worker: true } }));
    await untilReady(stack, io.interrupted);
    if (devServer !== undefined) await setDevSchedules(loaded, temporal);
    return {
      loaded: loaded.loaded,
      config,
      logger: loaded.logger,
      ingressUrl: stack.ingressUrl ?? '',
      temporalUi: temporalUiUrl && `${temporalUiUrl}/namespaces/${temporal.namespace}/workflows`,
      serverDied: died(devServer?.exited),
      inFlight: () => started.inFlight(),
      drain,
    };
  } catch (error) {
    await drain();
    throw error;
  }
}

/** Makes the folder, in which every task and answer is kept, or one of an earlier start, its owner's alone. */
function keepToOwner(folder: string, { stderr }: CliIo): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown error';
    stderr.write(`Other users of this machine may read ${folder}: its permissions can't be set to 0700 (${code}).\n`);
  }
}

async function died(exited: Promise<{ readonly expected: boolean }> | undefined): Promise<void> {
  const exit = await (exited ?? new Promise<never>(() => undefined));
  if (exit.expected) await new Promise<never>(() => undefined);
}

async function untilReady(stack: RunningStack, interrupted: AbortSignal): Promise<void> {
  const end = performance.now() + READY_TIMEOUT_MS;
  while (!(await stack.ready())) {
    if (interrupted.aborted) throw new CliError('interrupted', 'Interrupted before startup finished.');
    if (performance.now() > end) throw new CliError('unavailable', 'The worker did not start: see the log above.');
    await sleep(50);
  }
}
