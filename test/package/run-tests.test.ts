import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('test:unit names the files that it leaves out, and why', async () => {
  const files = ['test/cli/sign.test.ts', './test/e2e/approval.test.ts'];
  const args = ['--import', 'tsx', 'scripts/run-tests.ts', '--unit', ...files];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  assert.match(
    stdout,
    /^left out +test\/cli\/sign\.test\.ts: needs a program .* \(imports test\/support\/missing-tool\.ts\)$/m,
  );
  assert.match(
    stdout,
    /^left out +\.\/test\/e2e\/approval\.test\.ts: needs a Temporal server \(imports test\/support\/temporal-server\.ts\)$/m,
  );
  assert.match(stdout, /^ +npm test runs them$/m);
});
