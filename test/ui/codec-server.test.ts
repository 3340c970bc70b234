/** `codec-server` as the Temporal CLI and the Temporal UI use it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findChromium, openBrowser } from '../support/open-browser.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const KEYS = `k1:${randomBytes(32).toString('base64')}`;
const TOKEN = 'the-token-of-the-codec-server';
const TIMEOUT_MS = 20_000;
const chromium = findChromium();
if (chromium === undefined)
  reportMissingTool('chromium', 'that the Temporal UI shows encrypted runs by the codec server');

/** Runs the command until the test ends, and returns its address. */
async function startCodecServer(t: TestContext, env: Record<string, string>): Promise<string> {
  const interrupt = new AbortController();
  const cli = startCli(['codec-server'], {
    env: { PAYLOAD_KEYS: KEYS, CODEC_PORT: '0', ...env },
    interrupted: interrupt.signal,
  });
  t.after(async () => {
    interrupt.abort();
    assert.equal((await cli.ended).code, 0);
  });
  const port = (): string | undefined => /"port":(\d+)/.exec(cli.written.stdout)?.[1];
  await waitFor('the codec server', () => port() !== undefined, TIMEOUT_MS);
  return `http://127.0.0.1:${port()}`;
}

async function runEncrypted(t: TestContext): Promise<string> {
  const stack = await startTestStack(t, { env: { PAYLOAD_KEYS: KEYS } });
  const { id } = await stack.start({ text: 'demo: say what nobody may read' });
  assert.equal((await stack.get(id, 20)).output, 'what nobody may read');
  return id;
}

test('the Temporal CLI shows an encrypted run by the codec server, with its token', async (t) => {
  const id = await runEncrypted(t);
  const { address } = await connectToTestServer();
  const { path } = await findTemporalCli({ env: process.env });
  const codec = await startCodecServer(t, { CODEC_TOKEN: TOKEN });
  const show = async (...args: string[]): Promise<string> => {
    const all = ['workflow', 'show', '--address', address, '--workflow-id', id, '--output', 'json', ...args];
    const run = promisify(execFile)(path, all, { env: { HOME: temporaryFolder(t) } });
    const text = await run.then(({ stdout }) => stdout, String);
    return text.replaceAll(/(?<="data": ")[^"]+/g, (data) => Buffer.from(data, 'base64').toString());
  };
  assert.doesNotMatch(await show(), /nobody/);
  assert.match(await show('--codec-endpoint', codec, '--codec-auth', `Bearer ${TOKEN}`), /what nobody may read/);
  assert.match(
    await show('--codec-endpoint', `${codec}/{namespace}`, '--codec-auth', `Bearer ${TOKEN}`),
    /what nobody/,
  );
});

test('it refuses to serve strangers without a login, and without a key', async () => {
  const rows: [Record<string, string>, RegExp][] = [
    [{ PAYLOAD_KEYS: KEYS, CODEC_HOST: '0.0.0.0' }, /everybody who reaches 0\.0\.0\.0 could decrypt: set CODEC_TOKEN/],
    [{}, /There is nothing to decode: set PAYLOAD_KEYS/],
    [{ PAYLOAD_KEYS: KEYS, CODEC_TOKEN: 'short' }, /codec_server\.token .*shorter than 8 characters/],
    [{ PAYLOAD_KEYS: KEYS, CODEC_ORIGINS: '*' }, /codec_server\.origins .*is not an origin: write scheme, host/],
  ];
  for (const [env, message] of rows) {
    const { code, stderr } = await runCli(['codec-server'], { env });
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});

if (chromium !== undefined) {
  test('the Temporal UI shows an encrypted run by it', async (t) => {
    const id = await runEncrypted(t);
    const { uiUrl = '', namespace } = await connectToTestServer();
    const codec = await startCodecServer(t, { CODEC_ORIGINS: new URL(uiUrl).origin });
    const page = await (await openBrowser(t, chromium)).newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(TIMEOUT_MS);
    await page.goto(`${uiUrl}/namespaces/${namespace}/workflows/${id}`);
    assert.equal(await page.getByText('what nobody may read').count(), 0);
    await page.getByTestId('data-encoder-status').click();
    await page.getByText('Use my browser setting').click();
    await page.locator('#data-encoder-endpoint-input').fill(codec);
    await page.getByTestId('confirm-modal-button').locator('visible=true').click();
    await page.reload();
    await page.getByText('what nobody may read').first().waitFor({ state: 'visible' });
  });
}
