import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { answerWith, OK_ANSWER, startReceiver } from './test-receiver.ts';

const POST_ONCE = `
  import { guardedPost } from './src/egress/guarded-request.ts';
  const rules = { allowedDomains: [], permitNetworks: ['127.0.0.1'] };
  const { statusCode } = await guardedPost({ url: process.argv[1], headers: {}, body: '{}', timeoutMs: 5000, rules });
  process.stdout.write(String(statusCode));
`;

test('no proxy of the environment gets to see a callback', async (t) => {
  const receiver = await startReceiver(t, answerWith(OK_ANSWER));
  const proxy = await startReceiver(t, answerWith('HTTP/1.1 418 Proxy\r\ncontent-length: 0\r\n\r\n'));
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  const variables = names.map((name) => [name, `http://127.0.0.1:${proxy.port}`]);
  // The last one makes Node 24 and later read the others.
  const env = { ...process.env, ...Object.fromEntries(variables), NO_PROXY: '', NODE_USE_ENV_PROXY: '1' };
  const args = ['--import', 'tsx', '--input-type=module', '--eval', POST_ONCE, `http://127.0.0.1:${receiver.port}/`];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  await once(child, 'close');
  assert.equal(output, '200');
  assert.equal(receiver.connections(), 1);
  assert.equal(proxy.connections(), 0);
});
