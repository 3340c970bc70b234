import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ContainerView, environmentOf, serviceOf } from './container.ts';
import type { FoundPostgres } from './find-postgres.ts';
import type { ProcessPlan } from './supervised.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** What Temporal's server listens at, which a container has for itself alone. */
const TEMPORAL_PORTS = {
  FRONTEND_GRPC_PORT: 7233,
  HISTORY_GRPC_PORT: 7234,
  MATCHING_GRPC_PORT: 7235,
  WORKER_GRPC_PORT: 7239,
  FRONTEND_MEMBERSHIP_PORT: 6933,
  HISTORY_MEMBERSHIP_PORT: 6934,
  MATCHING_MEMBERSHIP_PORT: 6935,
  WORKER_MEMBERSHIP_PORT: 6939,
  FRONTEND_HTTP_PORT: 7243,
} as const;

/** What stands in for the images. */
export interface Programs {
  readonly postgres: FoundPostgres;
  readonly dataDir: string;
  readonly temporalServer: string;
  /** A home folder for our processes. */
  readonly folder: string;
  /** Settings for our processes beside those of the Compose file. */
  readonly extraSettings: Readonly<Record<string, string>>;
}

export type ContainerCommand = Pick<ProcessPlan, 'program' | 'args' | 'env' | 'runAs' | 'stopSignal'>;

/** What the image of a service runs, with what the Compose file tells it. */
export function containerCommand(view: ContainerView, name: string, programs: Programs): ContainerCommand {
  const { postgres, dataDir, temporalServer, folder, extraSettings } = programs;
  const { command } = serviceOf(view, name);
  const env = environmentOf(view, name);
  const port = (place: string): string => String(view.ports.get(place) ?? 0);
  if (name === 'postgres') {
    const place = ['-p', port('postgres:5432'), '-h', '127.0.0.1', '-k', ''];
    return {
      program: join(postgres.binDir, 'postgres'),
      args: ['-D', dataDir, ...place, ...(command ?? [])],
      env: {},
      ...(postgres.runAs && { runAs: postgres.runAs }),
      // The image's STOPSIGNAL: SIGTERM would wait for every client.
      stopSignal: 'SIGINT',
    };
  }
  if (name === 'temporal') {
    const ports = Object.entries(TEMPORAL_PORTS).map(([key, own]) => [key, port(`temporal:${own}`)]);
    const own = { ...Object.fromEntries(ports), TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1' };
    return { program: temporalServer, args: ['start'], env: { ...env, ...own } };
  }
  const [program = '', ...args] = [...imageEntrypoint(), ...(command ?? [])].map((word) =>
    word === 'node' ? process.execPath : word.replace(/^\/app\//, ROOT),
  );
  const listening = {
    HOST: '127.0.0.1',
    ADMIN_HOST: '127.0.0.1',
    PORT: port('ingress:8080'),
    ADMIN_PORT: port(`${name}:9090`),
  };
  // A container has a home folder of its own, without anybody's profiles.
  return { program, args, env: { HOME: folder, ...env, ...listening, ...extraSettings } };
}

/** The entry point of our image. */
function imageEntrypoint(): string[] {
  const [, json = '[]'] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? [];
  return JSON.parse(json) as string[];
}
