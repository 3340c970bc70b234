/**
 * Checks what each room of `src` imports against the table below: `tsx scripts/check-rooms.ts`. Exit code 1 names every
 * import that a room may not have.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a room may import beside itself: other rooms, or one file of them, and packages. */
interface Room {
  readonly rooms: readonly string[];
  /** A package name, or `*` for any. */
  readonly packages: readonly string[];
}

const ANY = ['*'];
const TEMPORAL_LAST = ['contract', 'protocol', 'signatures', 'egress', 'telemetry'];

export const ROOMS: Readonly<Record<string, Room>> = {
  // For the run id alone, which no workflow derives: the workflow bundle refuses what Node brings.
  contract: { rooms: [], packages: ['node:crypto'] },
  protocol: { rooms: ['contract'], packages: ['zod'] },
  config: { rooms: ['contract', 'protocol'], packages: ['node:', 'zod', 'yaml'] },
  telemetry: { rooms: [], packages: ['node:', 'pino', 'prom-client', '@temporalio/worker'] },
  signatures: { rooms: [], packages: ['node:crypto', 'node:buffer'] },
  egress: { rooms: [], packages: ['node:', 'ipaddr.js'] },
  workflows: { rooms: ['contract'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  activities: {
    rooms: TEMPORAL_LAST,
    packages: ['node:', '@temporalio/activity', '@temporalio/common', '@temporalio/client'],
  },
  ingress: {
    rooms: TEMPORAL_LAST,
    packages: [
      'node:',
      'koa',
      '@koa/router',
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/proto',
      'rate-limiter-flexible',
      'zod',
    ],
  },
  worker: {
    rooms: ['contract', 'activities', 'config', 'telemetry'],
    packages: ['node:', '@temporalio/worker', '@temporalio/client', '@temporalio/common'],
  },
  cli: { rooms: ANY, packages: ANY },
  'index.ts': { rooms: ANY, packages: [] },
};

const IMPORT = /\b(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

/** Every forbidden import below a source folder, as `file: specifier`. */
export function findForbiddenImports(source: string): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .flatMap((name) => {
      const file = join(source, name);
      const room = roomOf(name);
      return [...readFileSync(file, 'utf8').matchAll(IMPORT)]
        .map((match) => match[1] ?? match[2] ?? '')
        .filter((specifier) => !mayImport(room, source, file, specifier))
        .map((specifier) => `${file}: ${specifier}`);
    });
}

function mayImport(room: string, source: string, file: string, specifier: string): boolean {
  const rule = ROOMS[room];
  if (rule === undefined) return false;
  if (specifier.startsWith('.')) {
    const target = roomOf(relative(source, resolve(dirname(file), specifier)));
    // `..` leaves src: package.json, and nothing else.
    if (target === '..') return room === 'cli' || room === 'telemetry';
    return target === room || rule.rooms.includes(target) || rule.rooms.includes('*');
  }
  return rule.packages.some(
    (name) =>
      name === '*' ||
      specifier === name ||
      (name.endsWith(':') && specifier.startsWith(name)) ||
      specifier.startsWith(`${name}/`),
  );
}

function roomOf(path: string): string {
  return path.split(sep)[0] ?? '';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const forbidden = findForbiddenImports('src');
  for (const line of forbidden) process.stderr.write(`forbidden import: ${line}\n`);
  if (forbidden.length > 0) {
    process.stderr.write('What a room may import stands in scripts/check-rooms.ts and docs/architecture.md.\n');
    process.exitCode = 1;
  }
}
