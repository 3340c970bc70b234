import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { createAdminApp } from '../../src/ingress/app.ts';
import type { AcceptedTask } from '../../src/runs/accepted-task.ts';
import type { RunReply } from '../../src/runs/run-reply.ts';
import { ListenError, serveAdmin, serveIngress } from '../../src/ingress/http/serve.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { FakeRunClient } from '../support/fake-run-client.ts';
import { openRaw } from '../support/raw-connection.ts';
import { startTestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const SILENT = { info: () => undefined, error: () => undefined };
const LIMITS = { body: 1000, bodyTimeout: 100, linger: 100 };
const LONG_MS = 60_000;

/** A run client whose start is held until the test lets it go. */
class SlowRunClient extends FakeRunClient {
  release: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async start(task: AcceptedTask): Promise<RunReply> {
    const reply = await super.start(task);
    await this.#gate;
    return reply;
  }
}

describe('draining', () => {
  test('answers what is in flight, closes its connection and accepts no more', async (t) => {
    const runs = new SlowRunClient();
    const ingress = await startTestIngress(t, { runs });
    const inFlight = ingress.post('/webhook', '{"text":"Hi"}');
    await waitFor('the start', () => runs.started.length === 1);
    const drained = ingress.server.drain(LONG_MS);
    await assert.rejects(fetch(`${ingress.url}/healthz`));
    runs.release();
    const response = await inFlight;
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('connection'), 'close');
    await drained;
  });

  test('ends the waits with the run as it is', async (t) => {
    const ingress = await startTestIngress(t);
    const { id } = (await (await ingress.post('/webhook', '{"text":"Hi"}')).json()) as RunResource;
    const waiting = ingress.ask(`/v1/runs/${id}?wait=60`);
    await waitFor('the wait', () => ingress.runs.waiting === 1);
    await ingress.server.drain(LONG_MS);
    assert.equal((await waiting).status, 200);
  });

  test('is not held up by idle and unused connections', async (t) => {
    const ingress = await startTestIngress(t);
    await (await ingress.ask('/healthz')).text();
    const unused = await openRaw(ingress.port);
    await waitFor('the connection', () => unused.socket.readyState === 'open');
    await ingress.server.drain(LONG_MS);
    await unused.closed();
  });

  test('cuts what is left after the grace', async (t) => {
    const runs = new SlowRunClient();
    const ingress = await startTestIngress(t, { runs });
    const stuck = ingress.post('/webhook', '{"text":"Hi"}').catch(() => 'cut');
    await waitFor('the start', () => runs.started.length === 1);
    await ingress.server.drain(50);
    assert.equal(await stuck, 'cut');
    runs.release();
  });

  test('twice is draining once', async (t) => {
    const ingress = await startTestIngress(t);
    await Promise.all([ingress.server.drain(1000), ingress.server.drain(1000)]);
  });
});

describe('listening', () => {
  test('at a port in use fails with one sentence that names it and the fix', async (t) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    t.after(() => taken.close());
    const { port } = taken.address() as { port: number };
    const options = { app: { callback: () => () => undefined }, host: '127.0.0.1', port, logger: SILENT };
    await assert.rejects(serveIngress({ ...options, runs: new FakeRunClient() }), (error) => {
      assert.ok(error instanceof ListenError);
      assert.equal(error.message, `127.0.0.1:${port} is in use: stop the other process, or set PORT to a free port.`);
      return true;
    });
    await assert.rejects(serveAdmin(options), /set ADMIN_PORT to a free port/);
  });

  test('at an address of another machine names HOST', async () => {
    const options = { app: { callback: () => () => undefined }, host: '203.0.113.1', port: 0, logger: SILENT };
    await assert.rejects(serveIngress({ ...options, runs: new FakeRunClient() }), /correct HOST\.$/);
  });
});

describe('the admin port', () => {
  test('shows metrics and health, and nothing else', async (t) => {
    const app = createAdminApp({
      metricsText: () => Promise.resolve('up 1\n'),
      readiness: () => Promise.resolve('temporal_unavailable'),
      agentsAtFault: () => [],
      limits: LIMITS,
      logger: SILENT,
    });
    const admin = await serveAdmin({ app, host: '127.0.0.1', port: 0, logger: SILENT });
    t.after(() => admin.drain(1000));
    const metrics = await fetch(`${admin.url}/metrics`);
    assert.equal(await metrics.text(), 'up 1\n');
    assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    assert.equal((await fetch(`${admin.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${admin.url}/readyz`)).status, 503);
    assert.equal((await fetch(`${admin.url}/webhook`, { method: 'POST' })).status, 404);
  });
});
