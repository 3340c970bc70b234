/**
 * Runs every check of the sources, as many at once as there are processors: `npm run check`, or `npm run check -- lint types`
 * for some of them. Prints a line when a check ends, and what a failed one said. Exit code: 1 when one failed.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The slowest first, so that the others run beside it. */
const CHECKS = ['format', 'lint', 'types', 'docs', 'unused', 'package', 'modules'];

const names = process.argv.slice(2);
const unknown = names.find((name) => !CHECKS.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`There is no check "${unknown}". The checks are ${CHECKS.join(', ')}.\n`);
  process.exit(2);
}

const waiting = names.length === 0 ? [...CHECKS] : names;

async function runChecks(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const startedAt = performance.now();
    const { passed, output } = await runCheck(name);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${passed ? '✔' : '✖'} ${name.padEnd(8)} ${seconds} s\n${passed ? '' : `${output}\n`}`);
    if (!passed) process.exitCode = 1;
  }
}

function runCheck(name: string): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve) => {
    const args = ['run', '--silent', `check:${name}`];
    // A shell, because npm is a batch file on Windows.
    execFile(
      'npm',
      args,
      { shell: process.platform === 'win32', maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => resolve({ passed: error === null, output: `${stdout}${stderr}`.trim() }),
    );
  });
}

await Promise.all(Array.from({ length: availableParallelism() }, runChecks));
