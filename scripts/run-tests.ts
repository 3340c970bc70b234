/**
 * Runs tests: `tsx scripts/run-tests.ts [--unit] [--node-test-option…] [files or folders…]`, by default everything in
 * `test/`, against one Temporal dev server. With `--unit` it starts no server and runs the unit tests among them, which
 * find-test-files.ts tells apart. Exit code: that of the tests; 2 when they could not be run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';
import { findNeed, findTestFiles } from './find-test-files.ts';
import { bundleWorkflowsForTests } from './test-workflow-bundle.ts';

/** A file that hangs fails after this instead of holding up everything. */
const FILE_TIMEOUT_MS = 600_000;

/** Unit tests wait more than they compute, for clocks and sockets. */
const UNIT_BATCHES_AT_ONCE = availableParallelism() * 2;

const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(16)}${text}\n`);

async function runTests(args: readonly string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith('-') && arg !== '--unit');
  const places = args.filter((arg) => !arg.startsWith('-'));
  const files = findTestFiles(places.length === 0 ? ['test'] : places);
  const startedAt = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-test-'));
  try {
    return args.includes('--unit')
      ? await runUnitTests(folder, options, keepUnitTests(files, places.length > 0))
      : await runWithServer(folder, options, files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    say('took', `${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

async function runWithServer(folder: string, options: readonly string[], files: readonly string[]): Promise<number> {
  const missingToolsFile = join(folder, 'missing-tools');
  writeFileSync(missingToolsFile, '');
  let stopServer = (): Promise<void> => Promise.resolve();
  try {
    const cli = await findTemporalCli({
      env: process.env,
      onProgress: ({ message }) => say('please wait', message),
    });
    say('Temporal CLI', `${cli.version}  ${cli.path}`);
    const server = await startDevServer({ cliPath: cli.path, databaseFile: join(folder, 'temporal.db') });
    stopServer = () => server.stop();
    let serverDied = false;
    void server.exited.then((exit) => {
      serverDied = !exit.expected;
      if (serverDied) say('dev server', `exited during the tests:\n${exit.output}`);
    });
    say('dev server', server.address);
    say('Temporal UI', server.uiUrl ?? 'none');
    const bundle = await bundleWorkflowsForTests(folder);
    say('workflow bundle', bundle);
    say('test files', String(files.length));
    const code = await runNodeTest(availableParallelism() + 1, [...options, ...longestFirst(files)], {
      ...process.env,
      TEMPORAL_CLI_PATH: cli.path,
      TEST_TEMPORAL_ADDRESS: server.address,
      TEST_TEMPORAL_UI_URL: server.uiUrl,
      TEST_MISSING_TOOLS_FILE: missingToolsFile,
      TEST_WORKFLOW_BUNDLE: bundle,
    });
    return serverDied ? 2 : code;
  } finally {
    await stopServer();
    reportMissingTools(readFileSync(missingToolsFile, 'utf8'));
  }
}

/** Those that need a server take longest: at the end, short files leave no processor idle. */
function longestFirst(files: readonly string[]): readonly string[] {
  const isUnit = (file: string): boolean => findNeed(relative('.', file)) === undefined;
  return files.toSorted((one, other) => Number(isUnit(one)) - Number(isUnit(other)));
}

/** Says which files it leaves out and why: by name where somebody named files or folders, otherwise only how many. */
function keepUnitTests(files: readonly string[], named: boolean): readonly string[] {
  const leftOut = new Map<string, string[]>();
  const kept = files.filter((file) => {
    const need = findNeed(relative('.', file));
    if (need !== undefined) leftOut.set(need, [...(leftOut.get(need) ?? []), file]);
    return need === undefined;
  });
  for (const [need, those] of leftOut) {
    say('left out', `${named ? those.join(', ') : `${those.length} files`}: needs ${need}`);
  }
  if (leftOut.size > 0) say('', 'npm test runs them');
  return kept;
}

/**
 * Runs several files in one process, which takes half the time: a process spends most of a second on loading what the
 * one before it loaded. `npm test` gives each file a process of its own.
 */
async function runUnitTests(folder: string, options: readonly string[], files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    say('unit tests', 'none of the files is a unit test');
    return 0;
  }
  const size = Math.ceil(files.length / (UNIT_BATCHES_AT_ONCE * 3));
  const batches: string[] = [];
  for (let start = 0; start < files.length; start += size) {
    const batch = join(folder, `unit-tests-${batches.length + 1}.mjs`);
    const imports = files.slice(start, start + size).map((file) => `import '${pathToFileURL(resolve(file)).href}';\n`);
    writeFileSync(batch, imports.join(''));
    batches.push(batch);
  }
  say('unit tests', `${files.length} files in ${batches.length} processes`);
  return runNodeTest(UNIT_BATCHES_AT_ONCE, [...options, ...batches], {
    ...process.env,
    TEST_WORKFLOW_BUNDLE: await bundleWorkflowsForTests(folder),
  });
}

/** Resolves with the exit code that a shell would see. */
function runNodeTest(concurrency: number, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const nodeArgs = ['--import', 'tsx', '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`];
  const child = spawn(process.execPath, [...nodeArgs, `--test-timeout=${FILE_TIMEOUT_MS}`, ...args], {
    stdio: 'inherit',
    env,
  });
  // Ctrl-C reaches the tests directly; this process stays to stop the server after them.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void child.kill('SIGTERM'));
  return new Promise((fulfil, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => fulfil(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function reportMissingTools(text: string): void {
  const lines = [...new Set(text.split('\n').filter((line) => line !== ''))].toSorted();
  if (lines.length === 0) return;
  const heading = `NOT CHECKED: ${lines.length} ${lines.length === 1 ? 'check' : 'checks'} skipped for want of a tool`;
  process.stdout.write(
    `\n${'='.repeat(80)}\n${heading}\n${lines.map((line) => `  ${line}\n`).join('')}${'='.repeat(80)}\n`,
  );
}

try {
  process.exitCode = await runTests(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
