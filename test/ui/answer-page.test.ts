/** The page where a person answers a question by a link, in a browser. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { toAnswerLink } from '../../src/contract/answer-link.ts';
import type { Question } from '../../src/contract/question.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findChromium, openBrowser } from '../support/open-browser.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

const SECRET = 'a secret of links';
const RUN = `run-${'a'.repeat(26)}`;
const chromium = findChromium();
if (chromium === undefined) reportMissingTool('chromium', 'that the page of a link works in a browser');

const QUESTION: Question = {
  id: 'publish',
  number: 1,
  state: 'open',
  question: 'Publish the post-mortem of deployment 4312?',
  show: '# What happened\n\nThe health check of the new pods failed: <b>DATABASE_URL</b> was not set.\n\n<script>document.title = "owned"</script>\n<img src=x onerror="document.title = \'owned\'">',
  choices: ['approve', 'refuse', 'ask the on-call engineer'],
  default: 'refuse',
  askedAt: '2026-01-31T12:00:00.000Z',
  deadline: new Date(Date.now() + 86_400_000).toISOString(),
};

async function openLink(
  t: TestContext,
  question: Question,
): Promise<{ ingress: TestIngress; page: Page; faults: string[] }> {
  const ingress = await startTestIngress(t, { answerLinkSecrets: [SECRET] });
  ingress.runs.asked.set(`${RUN} ${question.id}`, {
    client: 'alpha',
    summary: 'Summarise why deployment 4312 failed',
    question,
  });
  const page = await (await openBrowser(t, chromium ?? '')).newPage({ viewport: { width: 760, height: 900 } });
  const faults: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
  page.on('pageerror', ({ message }) => void faults.push(message));
  const link = toAnswerLink(RUN, question, { publicUrl: ingress.url, answerLinkSecret: [SECRET] });
  await page.goto(link ?? assert.fail('no link'));
  return { ingress, page, faults };
}

/** To look at, where somebody wants to. */
async function keep(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

if (chromium !== undefined) {
  test('a person reads the question as text, chooses, and is thanked; a second one is told who was first', async (t) => {
    const { ingress, page, faults } = await openLink(t, QUESTION);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await keep(page, `answer-${colorScheme}`);
      const style = 'getComputedStyle(document.querySelector("main"))';
      const [text, card] = await page.evaluate<string[]>(`[${style}.color, ${style}.backgroundColor]`);
      assert.notEqual(text, card, 'the stylesheet is applied');
      assert.equal(card === 'rgb(255, 255, 255)', colorScheme === 'light');
    }
    assert.equal(await page.title(), 'A question for you');
    assert.match(await page.locator('.show').innerText(), /<script>document\.title/);
    assert.equal(await page.locator('main script, main img').count(), 0);

    // The Enter key in a field decides nothing.
    await page.getByLabel('Your name').fill('Ann');
    await page.getByLabel('Your name').press('Enter');
    assert.deepEqual(ingress.runs.answers, []);
    await page.getByLabel('approve').check();
    await page.getByLabel('Comment').fill('go\nahead');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    await keep(page, 'answer-thanks');
    const given = { question: 'publish', answer: 'approve', by: 'Ann', comment: 'go\nahead', via: 'link' };
    assert.deepEqual(ingress.runs.answers, [given]);

    await page.goto(page.url());
    await page.getByText('Ann answered at 2026-01-31 12:34 UTC').waitFor();
    await keep(page, 'answer-before');
    assert.equal(await page.locator('form').count(), 0);
    assert.deepEqual(faults, []);
  });

  test('words are asked for where there are no choices, on a narrow screen too', async (t) => {
    const { choices: _, deadline: __, show: ___, ...words } = QUESTION;
    const { page, faults } = await openLink(t, {
      ...words,
      askedAt: new Date().toISOString(),
      question: `Which host? ${'x'.repeat(200)}`,
    });
    await page.setViewportSize({ width: 360, height: 740 });
    await keep(page, 'answer-words');
    assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= window.innerWidth'));
    await page.getByLabel('Your answer').fill('ci.example.com');
    await page.getByRole('button', { name: 'Send the answer' }).click();
    await page.getByText('Your answer counts: ci.example.com').waitFor();
    assert.deepEqual(faults, []);
  });
}
