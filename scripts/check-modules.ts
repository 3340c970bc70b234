/**
 * Checks what each module of `src` imports against the table below, and that each folder of `test` is named after a module or
 * a lane: `tsx scripts/check-modules.ts`. Exit code 1 names every import that a module may not have, and every other folder.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readImports } from './read-imports.ts';

/** What a module may import beside itself: other modules, and packages. */
interface Module {
  readonly modules: readonly string[];
  /** A package name, or `*` for any. */
  readonly packages: readonly string[];
}

const ANY = ['*'];

/** What every module may import: small functions that know nothing of the project and import nothing. */
const BASE = ['timing', 'values'];

export const MODULES: Readonly<Record<string, Module>> = {
  timing: { modules: [], packages: [] },
  values: { modules: [], packages: [] },
  // For the run id alone, which no workflow derives: the workflow bundle refuses what Node brings.
  contract: { modules: [], packages: ['node:crypto', 'zod/mini'] },
  protocol: { modules: ['contract'], packages: ['zod', 'node:http'] },
  signatures: { modules: [], packages: ['node:crypto', 'node:buffer', 'jose'] },
  egress: { modules: [], packages: ['node:', 'ipaddr.js'] },
  payloads: { modules: [], packages: ['node:', '@temporalio/common', '@temporalio/proto'] },
  telemetry: {
    modules: ['contract'],
    packages: ['node:', 'pino', 'prom-client', '@temporalio/worker', '@opentelemetry'],
  },
  settings: { modules: ['contract', 'protocol'], packages: ['node:', 'zod'] },
  templates: { modules: ['protocol'], packages: ['liquidjs'] },
  agents: {
    modules: ['contract', 'egress', 'protocol', 'settings', 'templates'],
    packages: ['node:', 'zod', 'json-p3', 'ai', '@ai-sdk', '@agentclientprotocol/sdk'],
  },
  sources: { modules: ['contract', 'protocol', 'settings', 'signatures', 'templates'], packages: ['node:', 'zod'] },
  config: { modules: ['contract', 'protocol', 'settings', 'agents', 'sources'], packages: ['node:', 'zod', 'yaml'] },
  workflows: {
    modules: ['contract'],
    // The last two are a team's code, by the names that the bundler replaces.
    packages: [
      '@temporalio/workflow',
      '@temporalio/common',
      'garudust-temporal/your-workflows',
      'garudust-temporal/own-workflows',
    ],
  },
  activities: {
    modules: ['contract', 'protocol', 'signatures', 'egress', 'agents', 'payloads', 'telemetry'],
    packages: ['node:', '@temporalio/activity', '@temporalio/common', '@temporalio/client'],
  },
  runs: {
    modules: ['contract', 'protocol', 'payloads'],
    packages: ['node:', '@temporalio/client', '@temporalio/common', '@temporalio/proto'],
  },
  ingress: {
    modules: ['contract', 'protocol', 'signatures', 'egress', 'sources', 'runs', 'telemetry'],
    packages: ['node:', 'koa', '@koa/router', 'rate-limiter-flexible', 'zod'],
  },
  worker: {
    modules: ['contract', 'activities', 'runs', 'config', 'telemetry'],
    packages: [
      'node:',
      ...['worker', 'client', 'common', 'plugin', 'interceptors-opentelemetry'].map((name) => `@temporalio/${name}`),
    ],
  },
  stack: { modules: ['*', '!cli'], packages: ANY },
  testing: { modules: ['*', '!cli'], packages: ['@temporalio/activity', '@temporalio/worker'] },
  cli: { modules: ANY, packages: ANY },
  'plugin.ts': { modules: ['*', '!cli'], packages: ANY },
  'index.ts': { modules: ANY, packages: [] },
};

/** The folders of `test` that are not named after a module, and what they hold. */
export const TEST_LANES: Readonly<Record<string, string>> = {
  api: 'schemathesis against the OpenAPI document',
  conformance: 'the suites that every agent type and every source runs',
  corners: 'every event in every state of a run',
  crash: 'kill -9 of every process',
  deploy: 'Dockerfile, Compose and Kubernetes files',
  e2e: 'the whole path, from webhook to callback',
  hostile: 'what strangers without a key can do to it',
  fixtures: 'recorded events of senders',
  garudust: 'a real Garudust',
  long: 'runs, loops and sessions at full length',
  package: 'what npm publishes, and what a project makes of it',
  production: 'the processes of docker-compose.yml on PostgreSQL',
  'real-agents': 'the real command-line agents',
  replay: 'recorded histories',
  support: 'what tests share',
  ui: 'the Temporal UI in a browser',
};

/** Every folder of a test folder that is neither a module nor a lane. */
export function findUnknownTestFolders(tests: string): string[] {
  return readdirSync(tests, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && MODULES[entry.name] === undefined && TEST_LANES[entry.name] === undefined)
    .map((entry) => join(tests, entry.name));
}

/** Every forbidden import below a source folder, as `file: specifier`. */
export function findForbiddenImports(source: string): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .flatMap((name) => {
      const file = join(source, name);
      const module = moduleOf(name);
      return readImports(file)
        .filter(({ specifier }) => !mayImport(module, source, file, specifier))
        .map(({ specifier }) => `${file}: ${specifier}`);
    });
}

function mayImport(module: string, source: string, file: string, specifier: string): boolean {
  const rule = MODULES[module];
  if (rule === undefined) return false;
  if (specifier.startsWith('.')) {
    const target = moduleOf(relative(source, resolve(dirname(file), specifier)));
    // `..` leaves src: package.json, and nothing else.
    if (target === '..') return module === 'cli' || module === 'telemetry';
    return (
      target === module ||
      BASE.includes(target) ||
      rule.modules.includes(target) ||
      (rule.modules.includes('*') && !rule.modules.includes(`!${target}`))
    );
  }
  return rule.packages.some(
    (name) =>
      name === '*' ||
      specifier === name ||
      (name.endsWith(':') && specifier.startsWith(name)) ||
      specifier.startsWith(`${name}/`),
  );
}

function moduleOf(path: string): string {
  return path.split(sep)[0] ?? '';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const folder of findUnknownTestFolders('test')) {
    process.stderr.write(`${folder}: name it after a module of src, or add a lane to scripts/check-modules.ts.\n`);
    process.exitCode = 1;
  }
  const forbidden = findForbiddenImports('src');
  for (const line of forbidden) process.stderr.write(`forbidden import: ${line}\n`);
  if (forbidden.length > 0) {
    process.stderr.write('scripts/check-modules.ts lists what each module may import.\n');
    process.exitCode = 1;
  }
}
