/**
 * Runs the tests on another version of Node, from the npm registry: `npm run test:node -- 22 [what npm test takes]`.
 * Everything that a test starts finds that Node first. Exit code: that of the tests.
 */
import { spawnSync } from 'node:child_process';

const [version = '', ...args] = process.argv.slice(2);
if (/^\d+(?:\.\d+){0,2}$/.test(version)) {
  const command = ['-y', '-p', `node@${version}`, 'node', '--import', 'tsx', 'scripts/run-tests.ts', ...args];
  // A shell on Windows, where npx is a batch file.
  process.exitCode = spawnSync('npx', command, { stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1;
} else {
  process.stderr.write('Name a version of Node: npm run test:node -- 22\n');
  process.exitCode = 2;
}
