import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isAlive, readPids } from '../support/command-setup.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const PROGRAM = join(import.meta.dirname, '../support/doomed-command.ts');

function hasSetpriv(): boolean {
  try {
    execFileSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    reportMissingTool('setpriv of util-linux', 'whether the kernel ends a program with its worker');
    return false;
  }
}

describe('kill -9 of a worker leaves no program behind, nor what that has started', () => {
  for (const [name, path] of [
    ['with setpriv', hasSetpriv() ? process.env['PATH'] : undefined],
    ['without setpriv', '/nowhere'],
  ] as const) {
    test(name, { timeout: 60_000 }, async (t) => {
      if (path === undefined) return;
      const folder = temporaryFolder(t);
      const file = join(folder, 'pids');
      const worker = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), PROGRAM, folder, file], {
        env: { ...process.env, PATH: path },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      t.after(() => worker.kill('SIGKILL'));
      const pids = await readPids(file);
      assert.equal(pids.length, 2);
      assert.ok(pids.every(isAlive));
      worker.kill('SIGKILL');
      await waitFor('the end of the group', () => !pids.some(isAlive));
    });
  }
});
