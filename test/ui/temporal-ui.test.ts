import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { toUiLink, UI_QUERIES } from '../../src/runs/ui-queries.ts';
import { type Scenario, SCENARIOS } from '../replay/scenarios.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findChromium, openBrowser } from '../support/open-browser.ts';
import { runScenario } from '../support/run-scenario.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const TIMEOUT_MS = 20_000;
const chromium = findChromium();
if (chromium === undefined) reportMissingTool('chromium', 'what the Temporal UI shows of a run');

async function openPage(t: TestContext, runId: string, tab = ''): Promise<Page> {
  const { uiUrl, namespace } = await connectToTestServer();
  assert.ok(uiUrl !== undefined && chromium !== undefined);
  const browser = await openBrowser(t, chromium);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(TIMEOUT_MS);
  await page.goto(`${uiUrl}/namespaces/${namespace}/workflows/${runId}`);
  if (tab !== '') await page.getByTestId(`${tab}-tab`).click();
  return page;
}

/** Waits until every text stands somewhere on the page. */
async function sees(page: Page, ...texts: (string | RegExp)[]): Promise<void> {
  for (const text of texts) await page.getByText(text).first().waitFor({ state: 'visible' });
}

function scenario(name: string): Scenario {
  const found = SCENARIOS[name];
  assert.ok(found);
  return found;
}

if (chromium !== undefined) {
  test('a completed run: its id, its output, what each step did', async (t) => {
    const { runId } = await runScenario(t, scenario('success'));
    const page = await openPage(t, runId);
    await sees(page, runId, /^completed$/i, 'done: Summarise why deployment 4312 failed');
    await sees(page, 'runAgent • Summarise why deployment 4312 failed', 'deliverCallback • POST ci.example.com/hooks');
    assert.equal(await page.getByText('POST ci.example.com/hooks?').count(), 0);
  });

  test('a callback that was delivered within a workflow task: its type, and in the history its summary', async (t) => {
    const { runId } = await runScenario(t, scenario('delivered-at-once'));
    const page = await openPage(t, runId);
    await sees(page, /^completed$/i, 'tryCallback');
    await page.getByTestId('history-tab').click();
    await sees(page, 'POST ci.example.com/hooks');
  });

  test('its summary and details, with what a caller wrote taken literally', async (t) => {
    const text = 'Look at <img src=x onerror=alert(1)> and [this](http://evil.example)';
    const { runId } = await runScenario(t, { ...scenario('success'), input: { task: { text, userId: 'u*1*' } } });
    const page = await openPage(t, runId, 'user-metadata');
    const details = page.frameLocator('#user-metadata-details');
    await page.frameLocator('#user-metadata-summary').getByText('Look at').waitFor();
    await details.getByText('<img src=x onerror=alert(1)>').waitFor();
    await details.getByText('u*1*').waitFor();
    assert.equal(await details.locator('img, a').count(), 0);
    assert.equal(await details.locator('li').count(), 5);
  });

  test('its search attributes', async (t) => {
    const { runId } = await runScenario(t, scenario('redelivered'));
    const page = await openPage(t, runId, 'search-attributes');
    await sees(page, 'GarudustClient', 'GarudustSource', 'GarudustAgent', 'GarudustSession', 'GarudustUser');
    await sees(page, 'GarudustCallback', 'delivered');
  });

  for (const [name, words] of Object.entries({
    'agent-failed': ['scripted AnswerTooLarge', 'AnswerTooLarge', /^failed$/i],
    'agent-timed-out': ['scripted AgentTimeout', /^failed$/i],
    'total-time-up': ['No attempt returned an answer within the total timeout.', 'RunTimeout'],
    'dead-letter-expired': [
      'The callback could not be delivered: the output is in the details of this failure, and in the run.',
      /^failed$/i,
    ],
    canceled: [/^canceled$/i],
  })) {
    test(`a run that closed by ${name} says so`, async (t) => {
      const { runId } = await runScenario(t, scenario(name));
      await sees(await openPage(t, runId), ...words);
    });
  }

  test('a run whose agent is at work: the last failure and the progress', async (t) => {
    await runScenario(t, {
      ...scenario('canceled'),
      agent: [{ retry: 'RateLimited' }, 'hang'],
      drive: async (handle, activities) => {
        while (activities.agentCalls.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
        const page = await openPage(t, handle.workflowId, 'pending-activities');
        await sees(page, /^running$/i, 'runAgent', 'scripted RateLimited', 'reading the task');
        await handle.cancel();
      },
    });
  });

  test('a dead letter: running, marked, and told how to send it again', async (t) => {
    await runScenario(t, {
      ...scenario('redelivered'),
      drive: async (handle, activities) => {
        while (activities.deliveries.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
        const page = await openPage(t, handle.workflowId);
        await sees(page, /^running$/i, /dead letter, kept for a redelivery/);
        await page.getByTestId('search-attributes-tab').click();
        await sees(page, 'dead');
        await page.getByTestId('user-metadata-tab').click();
        await page
          .frameLocator('#user-metadata-current-details')
          .getByText('garudust-temporal runs redeliver')
          .waitFor();
        await handle.terminate();
      },
    });
  });

  test('a link to the list shows its runs, and no other', async (t) => {
    const { uiUrl, namespace } = await connectToTestServer();
    const { runId: delivered } = await runScenario(t, scenario('success'));
    await runScenario(t, {
      ...scenario('redelivered'),
      drive: async (handle, activities) => {
        while (activities.deliveries.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
        const page = await openPage(t, delivered);
        const list = `${uiUrl}/namespaces/${namespace}/workflows`;
        // The list is some tenths of a second behind, and the page asks once.
        await new Promise((resolve) => setTimeout(resolve, 2000));
        await page.goto(toUiLink(list, UI_QUERIES.dead, '2026-01-31'));
        await sees(page, handle.workflowId);
        assert.equal(await page.getByText(delivered).count(), 0);
        await handle.terminate();
      },
    });
  });
}
