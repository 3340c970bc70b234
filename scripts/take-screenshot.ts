/** Takes the README's picture of a run in the Temporal UI: `npm run screenshot`. Needs Chromium. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findChromium, openBrowser } from '../test/support/open-browser.ts';
import { startTestStack } from '../test/support/start-test-stack.ts';
import { connectToTestServer } from '../test/support/temporal-server.ts';

const FILE = fileURLToPath(new URL('../docs/images/run-in-the-temporal-ui.png', import.meta.url));

test('a run in the Temporal UI', async (t) => {
  const chromium = findChromium();
  assert.ok(chromium !== undefined, 'Chromium is not installed');
  const { start, get, callbackUrl } = await startTestStack(t, { taskQueue: 'garudust', receiver: { failFirst: 1 } });
  const { id } = await start({
    text: 'Summarise why deployment 4312 failed',
    callback_url: callbackUrl,
    session_key: 'deployments',
    user_id: 'ci',
  });
  while ((await get(id)).callback.status !== 'delivered') await sleep(200);
  const { uiUrl, namespace } = await connectToTestServer();
  const browser = await openBrowser(t, chromium);
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto(`${uiUrl}/namespaces/${namespace}/workflows/${id}`);
  await page.getByText('deliverCallback • POST').first().waitFor();
  await sleep(1000); // the timeline is drawn with a transition
  await page.screenshot({ path: FILE });
});
