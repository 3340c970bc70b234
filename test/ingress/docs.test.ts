import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findChromium, openBrowser } from '../support/open-browser.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function readDocument(ingress: TestIngress): Promise<Document> {
  const response = await fetch(`${ingress.url}/openapi.json`);
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
  return (await response.json()) as Document;
}

describe('/openapi.json', () => {
  test('needs no key, and is not sent again to who has it', async (t) => {
    const ingress = await startTestIngress(t);
    const first = await fetch(`${ingress.url}/openapi.json`);
    const etag = first.headers.get('etag') ?? '';
    assert.match(((await first.json()) as Document).openapi, /^3\.1\./);
    assert.equal(first.headers.get('cache-control'), 'no-cache');
    const again = await fetch(`${ingress.url}/openapi.json`, { headers: { 'If-None-Match': etag } });
    assert.deepEqual([again.status, (await again.text()).length, again.headers.get('etag')], [304, 0, etag]);
    const other = await fetch(`${ingress.url}/openapi.json`, { headers: { 'If-None-Match': '"other"' } });
    assert.equal(other.status, 200);
  });

  test('has every route of the server, and none that is not there', async (t) => {
    const ingress = await startTestIngress(t);
    const { paths } = await readDocument(ingress);
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    // What the router has, as its own answers tell: a known path with another method is a 405 with `Allow`.
    const found: string[] = [];
    for (const path of Object.keys(paths).filter((candidate) => candidate !== '/hooks/{source}')) {
      const asked = path.replace('{id}', `run-${'a'.repeat(26)}`);
      const response = await fetch(ingress.url + asked, { method: 'DELETE' });
      assert.equal(response.status, 405, path);
      const allowed = (response.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD');
      found.push(...allowed.map((method) => `${method} ${path}`));
    }
    assert.deepEqual(
      found.toSorted((one, other) => one.localeCompare(other)),
      documented.filter((route) => route !== 'POST /hooks/{source}').toSorted((one, other) => one.localeCompare(other)),
    );
    // Patterns of the counter are those of the routes.
    const id = ((await (await ingress.post('/webhook', '{"text":"Hi"}')).json()) as RunResource).id;
    await ingress.ask(`/v1/runs/${id}`);
    assert.ok(ingress.counted.every(({ route }) => route === 'none' || paths[route.replace(':id', '{id}')]));
  });
});

test('the type of a problem leads to what it means', async (t) => {
  const ingress = await startTestIngress(t);
  const { type } = (await (await fetch(`${ingress.url}/webhook`, { method: 'POST' })).json()) as { type: string };
  const page = await fetch(ingress.url + type);
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/plain; charset=utf-8']);
  assert.match(
    await page.text(),
    /^# The request is not signed\n\n`signature_missing`, status 401\n\n[^]+X-Hub-Signature-256/,
  );
  for (const unknown of ['nothing', '__proto__', 'toString']) {
    assert.equal((await fetch(`${ingress.url}/problems/${unknown}`)).status, 404);
  }
});

describe('/docs', () => {
  test('loads files of this server alone, which may be kept for ever', async (t) => {
    const ingress = await startTestIngress(t);
    const page = await fetch(`${ingress.url}/docs`);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:/);
    const files = [...(await page.text()).matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => file ?? '');
    assert.equal(files.length, 3);
    for (const file of files) {
      const response = await fetch(`${ingress.url}/${file}`, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(response.status, 200, file);
      assert.match(response.headers.get('cache-control') ?? '', /immutable/);
      assert.equal(response.headers.get('content-encoding'), 'gzip');
      assert.equal(response.headers.get('vary'), 'Accept-Encoding');
      const plain = await fetch(`${ingress.url}/${file}`, { headers: { 'Accept-Encoding': 'identity' } });
      assert.equal(plain.headers.get('content-encoding'), null);
      assert.equal(await plain.text(), await response.text());
      assert.equal((await fetch(`${ingress.url}/${file.replace(/\/[0-9a-f]{16}\//, '/0/')}`)).status, 404);
    }
    assert.equal((await fetch(`${ingress.url}/docs/x/..%2f..%2fpackage.json`)).status, 404);
    assert.equal((await fetch(`${ingress.url}/docs/`)).url, `${ingress.url}/docs`);
  });

  test('is readable in a browser: no error, and no request to anywhere else', { timeout: 120_000 }, async (t) => {
    const chromium = findChromium();
    if (chromium === undefined) {
      reportMissingTool('chromium', 'that the page /docs can be read in a browser');
      return;
    }
    const ingress = await startTestIngress(t);
    const browser = await openBrowser(t, chromium);
    const page = await browser.newPage();
    const complaints: string[] = [];
    const elsewhere: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(ingress.url) && !url.startsWith('data:')) elsewhere.push(url);
    });
    await page.goto(`${ingress.url}/docs`);
    await page.getByText('List your runs').waitFor();
    for (const summary of ['Send a task', 'List your runs', 'Follow a run as server-sent events']) {
      await page.getByText(summary, { exact: true }).click();
    }
    await page.getByText('Those under way first').waitFor();
    await page.getByText('tells an EventSource that has seen the end').waitFor();
    await page.getByText('Sign the raw bytes of the body.').waitFor();
    await page.getByRole('button', { name: 'Try it out' }).first().click();
    assert.deepEqual(complaints, []);
    assert.deepEqual(elsewhere, []);
  });
});
