/**
 * Holds our fake of Garudust, our adapter and our webhook protocol to a real Garudust: `npm run test:garudust`.
 *
 * Exit code 0: everything held, or there is no garudust-server and no cargo, which is said. 1: something did not hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { reportMissingTool } from '../support/missing-tool.ts';
import { CargoMissingError, findGarudust, GARUDUST_VERSION } from './find-garudust.ts';

const TESTS = ['test/conformance/garudust-agent.test.ts', 'test/garudust'];

const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(16)}${text}\n`);

async function runTests(binary: string): Promise<number> {
  const args = ['--import', 'tsx', 'scripts/run-tests.ts', ...TESTS];
  const env = { ...process.env, GARUDUST_SERVER_PATH: binary };
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  // Ctrl-C reaches the tests by themselves; this process stays to tell how they ended.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => void child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

try {
  const binary = await findGarudust(process.env, (text) => say('please wait', text));
  say('Garudust', `${GARUDUST_VERSION}  ${binary}`);
  process.exitCode = await runTests(binary);
} catch (error) {
  if (error instanceof CargoMissingError) {
    reportMissingTool(
      `garudust-server (${error.message})`,
      'whether our fake and our protocol are like the real Garudust',
    );
    process.stdout.write('0 passed, 0 failed, all skipped\n');
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
