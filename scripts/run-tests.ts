/**
 * Runs tests against one Temporal dev server: `tsx scripts/run-tests.ts [--node-test-option…] [files or folders…]`, by
 * default everything in `test/`. Exit code: that of the tests; 2 when they could not be run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../src/cli/temporal-server/start-dev-server.ts';
import { findTestFiles } from './find-test-files.ts';
import { bundleWorkflowsForTests } from './test-workflow-bundle.ts';

/** A file that hangs fails after this instead of holding up everything. */
const FILE_TIMEOUT_MS = 300_000;

const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(16)}${text}\n`);

async function runTests(args: readonly string[]): Promise<number> {
  const options = args.filter((arg) => arg.startsWith('-'));
  const places = args.filter((arg) => !arg.startsWith('-'));
  const files = findTestFiles(places.length === 0 ? ['test'] : places);
  const startedAt = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-test-'));
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
      if (serverDied) say('dev server', `ended in the midst of the tests:\n${exit.output}`);
    });
    say('dev server', server.address);
    say('Temporal UI', server.uiUrl ?? 'none');
    const bundle = await bundleWorkflowsForTests(folder);
    say('workflow bundle', bundle);
    say('test files', String(files.length));
    const code = await runNodeTest([...options, ...files], {
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
    rmSync(folder, { recursive: true, force: true });
    say('took', `${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

/** Resolves with the exit code that a shell would see. */
function runNodeTest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const nodeArgs = ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-concurrency=2'];
  const child = spawn(process.execPath, [...nodeArgs, `--test-timeout=${FILE_TIMEOUT_MS}`, ...args], {
    stdio: 'inherit',
    env,
  });
  // Ctrl-C reaches the tests by themselves; this process stays to stop the server after them.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
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
