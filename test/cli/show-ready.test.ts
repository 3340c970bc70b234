import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { showReady } from '../../src/cli/dev/show-ready.ts';
import { loadConfig } from '../../src/config/load-config.ts';

const LIST = 'http://localhost:8233/namespaces/default/workflows';

test('dev prints links to what failed today, to dead letters and to late callbacks', () => {
  const env = { GARUDUST_WEBHOOK_SECRET: 'the-secret-of-this-test', RUNS_API_KEY: 'the-key-of-this-test' };
  const loaded = loadConfig({ mode: 'dev', file: false, cwd: process.cwd(), env });
  const stdout = new PassThrough();
  const stack = { loaded, config: loaded.config, ingressUrl: 'http://127.0.0.1:8080', temporalUi: LIST };
  showReady({ ...stack, keepsSecrets: true }, { stdout, env: { NO_COLOR: '1' }, callName: 'garudust-temporal' });
  const rows = String(stdout.read())
    .split('\n')
    .flatMap((line) => /^ {2}(\S.*\S) {2,}(http\S+\?query=\S+)$/.exec(line)?.slice(1, 3) ?? []);
  const [failed, failedLink = '', dead, deadLink = '', retrying] = rows;
  assert.deepEqual([failed, dead, retrying, rows.length], ['failed today', 'dead letters', 'retrying', 6]);
  const today = new Date().toISOString().slice(0, 10);
  assert.ok(new URL(failedLink).searchParams.get('query')?.endsWith(`CloseTime >= '${today}T00:00:00Z'`));
  assert.ok(deadLink.startsWith(`${LIST}?query=`));
});
