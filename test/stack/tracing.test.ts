/** Traces through ingress, workflow, agent and callback, on a real Temporal server, into a collector in memory. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { describe, test, type TestContext } from 'node:test';
import { Worker } from '@temporalio/worker';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { verifyRequest } from '../../src/signatures/verify-request.ts';
import { startHttpServer } from '../support/http-server.ts';
import { EVENTS } from '../support/run-costs.ts';
import { SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import {
  attributesOf,
  type CollectedSpan,
  startTraceCollector,
  type TraceCollector,
} from '../support/trace-collector.ts';
import { waitFor } from '../support/wait-for.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const FROM_CALLER = { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'vendor=value' };
const AGENT_KEY = 'canary-agent-key';
const TEXT = 'canary-of-the-task';
const ANSWER = 'canary-of-the-answer';
/** What no span may hold. */
const CANARIES = [TEXT, ANSWER, AGENT_KEY, SECRET, 'canary-session', 'canary-user', 'canary-query'];

/** A stack that traces, with an agent and a receiver that keep what they are sent. */
async function startTraced(t: TestContext, more: Record<string, string> = {}) {
  const collector = await startTraceCollector(t, more);
  const requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(request, 'end');
    requests.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ output: ANSWER, input_tokens: 812, output_tokens: 96, iterations: 1 }));
  };
  const others = await startHttpServer(t, (request, response) => void serve(request, response));
  const lines: string[] = [];
  const logTo = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(line.toString());
      done();
    },
  });
  const env = { ...collector.env, GARUDUST_URL: others, GARUDUST_API_KEY: AGENT_KEY, LOG_FORMAT: 'json' };
  const stack = await startTestStack(t, {
    env,
    logTo,
    // A turn would add events of its own.
    change: (config) => ({
      ...config,
      clients: config.clients.map((client) => ({ ...client, sessionPolicy: 'parallel' as const })),
    }),
  });
  const task = {
    text: TEXT,
    callback_url: `${others}/callbacks?token=canary-query`,
    session_key: 'canary-session',
    user_id: 'canary-user',
  };
  const run = async (headers: Record<string, string>): Promise<string> => {
    const { id } = await stack.start(task, { 'Idempotency-Key': randomUUID(), ...headers });
    const { client } = await connectToTestServer();
    await client.workflow.getHandle(id).result();
    return id;
  };
  return { ...stack, collector, requests, lines, run };
}

function spanOf({ spans }: TraceCollector, name: string): CollectedSpan {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name} in ${spans.map((span) => span.name).join(', ')}`);
  return found[0] as CollectedSpan;
}

/** The names from a span up to the one whose parent was not collected, and the id of that parent. */
function ancestry({ spans }: TraceCollector, span: CollectedSpan): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(parent ? ancestry({ spans } as TraceCollector, parent) : [span.parentSpanId ?? ''])];
}

describe('with a collector', () => {
  test('a run is one trace: delivery, start, workflow, agent and callback, each under the right parent', async (t) => {
    const { run, collector, requests, lines, stack } = await startTraced(t);
    const id = await run(FROM_CALLER);
    const { client } = await connectToTestServer();
    const history = await client.workflow.getHandle(id).fetchHistory();
    await stack.drain();
    const above = ['StartWorkflow:agentRun', 'POST /webhook', CALLER];
    const agent = spanOf(collector, 'invoke_agent garudust');
    const callback = spanOf(collector, 'POST callback');
    assert.deepEqual(ancestry(collector, agent), [
      ...['invoke_agent garudust', 'RunActivity:runAgent', 'RunWorkflow:agentRun'],
      ...above,
    ]);
    assert.deepEqual(ancestry(collector, callback), [
      ...['POST callback', 'RunActivity:deliverCallback', 'RunWorkflow:agentRun'],
      ...above,
    ]);
    assert.deepEqual([...new Set(collector.spans.map(({ traceId }) => traceId))], [TRACE]);
    assert.equal(collector.spans.length, 8);

    assert.deepEqual(attributesOf(agent), {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'garudust',
      'gen_ai.agent.name': 'garudust',
      'garudust.run_id': id,
      'gen_ai.usage.input_tokens': 812,
      'gen_ai.usage.output_tokens': 96,
    });
    assert.equal(attributesOf(callback)['http.response.status_code'], 200);
    for (const canary of CANARIES) assert.ok(!collector.text().includes(canary), `a span holds ${canary}`);

    const [toAgent, toReceiver] = ['/chat', '/callbacks?token=canary-query'].map((url) =>
      requests.find((request) => request.url === url),
    );
    assert.equal(toAgent?.headers['traceparent'], `00-${TRACE}-${agent.spanId}-01`);
    assert.equal(toAgent?.headers['tracestate'], 'vendor=value');
    assert.equal(toReceiver?.headers['traceparent'], `00-${TRACE}-${callback.spanId}-01`);
    const headers = Object.fromEntries(
      Object.entries(toReceiver?.headers ?? {}).map(([name, value]) => [name, [String(value)]]),
    );
    const verdict = verifyRequest({
      headers,
      body: toReceiver?.body ?? Buffer.of(),
      secrets: [SECRET],
      now: Date.now(),
    });
    assert.equal(verdict.ok, true, 'the trace breaks the signature');

    assert.equal(history.events?.length, EVENTS.deferred);
    const ofTrace = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ trace_id: trace }) => trace === TRACE);
    const told = ofTrace.map(({ msg }) => msg);
    assert.deepEqual(
      told,
      ['run accepted', 'agent asked', 'agent answered', 'callback delivered'].filter((msg) => told.includes(msg)),
    );
    assert.equal(told.length, 4);
    await Worker.runReplayHistory({ ...workflowSource('none'), sinks: createRunSinks() }, history, id);
  });

  for (const [what, traceparent] of [
    ['no hexadecimal', 'xx'],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${CALLER}-01`],
    ['a forbidden version', `ff-${TRACE}-${CALLER}-01`],
    ['two values', `00-${TRACE}-${CALLER}-01, 00-${TRACE}-${CALLER}-01`],
  ]) {
    test(`a malformed traceparent is ignored: ${what}`, async (t) => {
      const { run, collector, stack } = await startTraced(t);
      await run({ traceparent: traceparent ?? '' });
      await stack.drain();
      const { traceId, parentSpanId } = spanOf(collector, 'POST /webhook');
      assert.ok(traceId !== TRACE && (parentSpanId ?? '') === '', `${traceId} ${String(parentSpanId)}`);
    });
  }

  test('a caller can not make us sample', async (t) => {
    const { run, collector, requests, stack } = await startTraced(t, { OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    await run(FROM_CALLER);
    await stack.drain();
    assert.deepEqual(collector.spans, []);
    assert.match(String(requests[0]?.headers['traceparent']), new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
  });

  test('a caller can not keep us from sampling', async (t) => {
    const { run, collector, stack } = await startTraced(t);
    await run({ traceparent: `00-${TRACE}-${CALLER}-00` });
    await stack.drain();
    assert.equal(collector.spans.length, 8);
  });

  test('a delivery that nobody signed leaves no span', async (t) => {
    const { url, collector, stack } = await startTraced(t);
    assert.equal((await fetch(`${url}/webhook`, { method: 'POST', body: '{}', headers: FROM_CALLER })).status, 401);
    await stack.drain();
    assert.deepEqual(collector.spans, []);
  });

  test('a collector that is away costs a run nothing, and a line of the log', async (t) => {
    const { run, lines, stack } = await startTraced(t, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    });
    await run(FROM_CALLER);
    await waitFor('the warning', () => lines.some((line) => line.includes('traces are lost')), 20_000);
    await stack.drain();
    assert.equal(lines.filter((line) => line.includes('traces are lost')).length, 1);
  });
});
