import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AppDeps, listRoutes } from '../../src/ingress/app.ts';
import { renderDocs } from '../../src/ingress/docs-page/render-docs.ts';
import type { Route } from '../../src/ingress/route.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { findChromium, openBrowser } from '../support/open-browser.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function eventsSource(): NonNullable<AppDeps['sources']> {
  const map = { text: 'Hi' };
  const handshake = { kind: 'reachable' } as const;
  return sourcesOf({
    name: 'events',
    preset: 'cloudevents',
    secret: ['source-secret'],
    client: 'alpha',
    map,
    handshake,
  });
}

/** The access that the `security` of an operation stands for. */
function accessOf(operation: unknown): Route['access'] {
  const schemes = ((operation as { security: object[] }).security ?? []).flatMap((scheme) => Object.keys(scheme));
  if (schemes.length === 0) return 'open';
  return schemes.includes('apiKey') ? 'apiKey' : 'signed';
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

  test('has every route of the server with its kind of access, and no other', async (t) => {
    const ingress = await startTestIngress(t, { sources: eventsSource() });
    const { paths } = await readDocument(ingress);
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => method !== 'parameters')
        .map(([method, operation]) => `${method.toUpperCase()} ${path} ${accessOf(operation)}`),
    );
    const routes = listRoutes(ingress.deps).flatMap(({ method, path, access, documentedAs }) =>
      documentedAs === false ? [] : [`${method} ${documentedAs ?? path.replaceAll(/:(\w+)/g, '{$1}')} ${access}`],
    );
    assert.deepEqual(new Set(routes), new Set(documented));
    assert.equal(documented.length, routes.length);
    // The metrics name the same patterns.
    const id = ((await (await ingress.post('/webhook', '{"text":"Hi"}')).json()) as RunResource).id;
    await ingress.ask(`/v1/runs/${id}`);
    assert.deepEqual(
      ingress.counted.map(({ route }) => route),
      ['/openapi.json', '/webhook', '/v1/runs/:id'],
    );
  });

  test('leaves out four routes: the home page, the stylesheets of the pages, and the handshake of CloudEvents', async (t) => {
    const ingress = await startTestIngress(t, { sources: eventsSource() });
    const hidden = listRoutes(ingress.deps).filter(({ documentedAs }) => documentedAs === false);
    assert.deepEqual(
      hidden.map(({ method, path }) => `${method} ${path.replace(/\w{16}/, 'HASH')}`),
      ['OPTIONS /hooks/events', 'GET /answers/HASH.css', 'GET /', 'GET /docs/HASH.css'],
    );
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

test('the type of a problem is a page for a browser', async (t) => {
  const ingress = await startTestIngress(t);
  const headers = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
  const page = await fetch(`${ingress.url}/problems/signature_missing`, { headers });
  assert.deepEqual(
    ['content-type', 'vary'].map((name) => page.headers.get(name)),
    ['text/html; charset=utf-8', 'Accept'],
  );
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const html = await page.text();
  assert.match(html, /<h1>The request is not signed<\/h1><p><code>signature_missing<\/code>, status 401<\/p>/);
  const style = /<link rel="stylesheet" href="([^"]+)"/.exec(html)?.[1] ?? '';
  assert.equal((await fetch(new URL(style, `${ingress.url}/problems/`))).status, 200);
});

describe('the page /', () => {
  test('leads to the API, to health and, where it is told, to the Temporal UI', async (t) => {
    const temporalUi = 'http://localhost:8233/namespaces/default/workflows';
    const ingress = await startTestIngress(t, { temporalUi });
    const page = await fetch(ingress.url);
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    const html = await page.text();
    const links = [...html.matchAll(/<a href="([^"]+)"/g)].map(([, link]) => link ?? '');
    assert.deepEqual(links, ['docs', 'openapi.json', 'healthz', 'readyz', temporalUi]);
    for (const link of links.slice(0, -1)) assert.equal((await fetch(new URL(link, ingress.url))).status, 200, link);
    assert.doesNotMatch(html, /<script|\sstyle=/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  });

  test('names no Temporal UI by itself', async (t) => {
    const ingress = await startTestIngress(t);
    assert.doesNotMatch(await (await fetch(ingress.url)).text(), /Temporal UI/);
  });
});

describe('/docs', () => {
  test('runs no script and loads only its own stylesheet, which may be cached forever', async (t) => {
    const ingress = await startTestIngress(t);
    const page = await fetch(`${ingress.url}/docs`);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script|unsafe|https?:/);
    const html = await page.text();
    assert.doesNotMatch(html, /<script|\sstyle=|\son\w+=/);
    const files = [...html.matchAll(/<link rel="stylesheet" href="(docs\/[^"]+)"/g)].map(([, file]) => file ?? '');
    assert.equal(files.length, 1);
    const style = await fetch(`${ingress.url}/${files[0]}`);
    assert.deepEqual([style.status, style.headers.get('content-type')], [200, 'text/css; charset=utf-8']);
    assert.match(style.headers.get('cache-control') ?? '', /immutable/);
    assert.equal((await fetch(`${ingress.url}/docs/0.css`)).status, 404);
    assert.equal((await fetch(`${ingress.url}/docs/x/..%2f..%2fpackage.json`)).status, 404);
    assert.equal((await fetch(`${ingress.url}/docs/`)).url, `${ingress.url}/docs`);
  });

  test('shows every operation and every schema of the document', async (t) => {
    const ingress = await startTestIngress(t);
    const html = await (await fetch(`${ingress.url}/docs`)).text();
    const { paths, components } = (await readDocument(ingress)) as Document & {
      readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
    };
    for (const path of Object.keys(paths)) assert.ok(html.includes(`<code>${path}</code>`), path);
    for (const name of Object.keys(components.schemas)) assert.ok(html.includes(`id="schema-${name}"`), name);
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '');
    assert.ok(links.length > 20);
    for (const id of links) assert.ok(html.includes(`id="${id}"`), id);
  });

  test('shows text of the document as text', () => {
    const html = renderDocs(
      {
        info: { title: '<script>alert(1)</script>', description: 'One `a<b>`.\n\n- first\n- "second"' },
        tags: [{ name: 'T', description: '' }],
        paths: { '/x"y': { get: { tags: ['T'], operationId: 'o', summary: '<i>', responses: {} } } },
        components: { schemas: {}, securitySchemes: {} },
      },
      'docs.css',
    );
    assert.doesNotMatch(html, /<script|<i>/);
    assert.match(
      html,
      /<p>One <code>a&lt;b&gt;<\/code>\.<\/p><ul><li>first\n?<\/li><li>&quot;second&quot;<\/li><\/ul>/,
    );
    assert.match(html, /<code>\/x&quot;y<\/code>/);
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
    const [sent, listed, followed] = ['sendTask', 'listRuns', 'followRun'].map((id) => page.locator(`#${id}`));
    assert.match((await sent?.innerText()) ?? '', /Idempotency-Key/);
    assert.match((await listed?.innerText()) ?? '', /next_cursor/);
    assert.match((await followed?.innerText()) ?? '', /EventSource/);
    await page.locator('#sendTask').getByRole('link', { name: 'Run', exact: true }).first().click();
    await page.locator('#schema-Run').scrollIntoViewIfNeeded();
    assert.deepEqual(complaints, []);
    assert.deepEqual(elsewhere, []);
  });
});
