import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../src/protocol/problem-error.ts';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { openRaw } from '../support/raw-connection.ts';
import { readEvents, type ServerSentEvent } from '../support/read-events.ts';
import { standardHeaders } from '../support/signed-headers.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';
import { waitFor } from '../support/wait-for.ts';

const UNKNOWN = `run-${'a'.repeat(26)}`;
const DELIVERED = { status: 'completed', terminal: true, callback: { status: 'delivered' } } as const;

async function startRun(ingress: TestIngress): Promise<string> {
  const response = await ingress.post('/webhook', '{"text":"Hi","callback_url":"https://ci.example.com/x"}');
  return ((await response.json()) as RunResource).id;
}

function follow(ingress: TestIngress, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return ingress.ask(`/v1/runs/${id}/events`, { headers });
}

/** What a stream brings, as it comes. */
function collect(response: Response): { events: ServerSentEvent[]; ended: Promise<void> } {
  const events: ServerSentEvent[] = [];
  const read = async (): Promise<void> => {
    for await (const event of readEvents(response)) if (event.event !== 'retry') events.push(event);
  };
  return { events, ended: read() };
}

function statusOf({ data }: ServerSentEvent): string {
  return (data as { status: string }).status;
}

describe('the events of a run', () => {
  test('are a snapshot, each change, and the end once the callback is settled', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const response = await follow(ingress, id);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const { events, ended } = collect(response);
    await waitFor('the snapshot', () => events.length === 1);
    ingress.runs.update(id, { status: 'running', agent: { name: 'demo', attempt: 1, progress: 'line 1\nline 2' } });
    await waitFor('the change', () => events.length === 2);
    ingress.runs.update(id, { status: 'completed', terminal: true });
    await waitFor('the end of the agent', () => events.length === 3);
    ingress.runs.update(id, DELIVERED);
    await ended;
    assert.deepEqual(
      events.map(({ event, id: number }) => [event, number]),
      [
        ['run', '1'],
        ['run', '2'],
        ['run', '3'],
        ['run', '4'],
        ['end', '4.end'],
      ],
    );
    assert.deepEqual(events.map(statusOf), ['queued', 'running', 'completed', 'completed', 'completed']);
    assert.equal((events[1]?.data as RunResource | undefined)?.agent?.progress, 'line 1\nline 2');
    assert.deepEqual(events[4]?.data, { status: 'completed', callback: 'delivered' });
    assert.equal(ingress.runs.following, 0);
  });

  test('tell an answer piece by piece, each once, apart from the run', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const { events, ended } = collect(await follow(ingress, id));
    await waitFor('the snapshot', () => events.length === 1);
    const writes = async (attempt: number, offset: number, text: string): Promise<void> => {
      const seen = events.length;
      ingress.runs.update(id, { status: 'running', agent: { name: 'demo', attempt, text: { offset, text } } });
      await waitFor('the piece', () => events.length > seen);
    };
    await writes(1, 0, 'The ');
    await writes(1, 0, 'The answer');
    // The look before was a while ago: what stands between is in no event.
    await writes(1, 14, 'far');
    await writes(2, 0, 'Again');
    ingress.runs.update(id, { ...DELIVERED, agent: { name: 'demo', attempt: 2 } });
    await ended;
    const texts = events.filter(({ event }) => event === 'text');
    assert.deepEqual(
      texts.map(({ data, id: number }) => [data, number]),
      [
        [{ offset: 0, text: 'The ' }, undefined],
        [{ offset: 4, text: 'answer' }, undefined],
        [{ offset: 14, text: 'far' }, undefined],
        [{ offset: 0, text: 'Again' }, undefined],
      ],
    );
    const runs = events.filter(({ event }) => event === 'run').map(({ data }) => data as RunResource);
    assert.deepEqual(
      runs.map(({ agent }) => [agent?.attempt, agent?.text]),
      [
        [undefined, undefined],
        [1, undefined],
        [2, undefined],
        [2, undefined],
      ],
    );
  });

  test('of a run that is over are its snapshot and the end', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    ingress.runs.update(id, DELIVERED);
    const { events, ended } = collect(await follow(ingress, id));
    await ended;
    assert.deepEqual(
      events.map(({ event }) => event),
      ['run', 'end'],
    );
  });

  test('go on after a reconnect with a snapshot and the next number', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const { events, ended } = collect(await follow(ingress, id, { 'Last-Event-ID': '7' }));
    await waitFor('the snapshot', () => events.length === 1);
    ingress.runs.update(id, DELIVERED);
    await ended;
    assert.deepEqual(
      events.map(({ id: number }) => number),
      ['8', '9', '9.end'],
    );
  });

  test('are over for who has seen the end: 204, which ends an EventSource', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const again = await follow(ingress, id, { 'Last-Event-ID': '9.end' });
    assert.equal(again.status, 200, 'redelivered since: there is more to tell');
    ingress.runs.update(id, DELIVERED);
    await again.text();
    assert.equal((await follow(ingress, id, { 'Last-Event-ID': '9.end' })).status, 204);
  });

  for (const header of ['x', '-1', '1e3', '9'.repeat(16), '4.end.end', '\u00e9']) {
    test(`begin anew after a Last-Event-ID of ${JSON.stringify(header)}`, async (t) => {
      const ingress = await startTestIngress(t);
      const id = await startRun(ingress);
      ingress.runs.update(id, DELIVERED);
      const { events, ended } = collect(await follow(ingress, id, { 'Last-Event-ID': header }));
      await ended;
      assert.equal(events[0]?.id, '1');
    });
  }

  test('are kept alive by comments', async (t) => {
    const ingress = await startTestIngress(t, { limits: { streamKeepAlive: 20 } });
    const id = await startRun(ingress);
    const { events, ended } = collect(await follow(ingress, id));
    await waitFor('two comments', () => events.filter(({ event }) => event === ':').length >= 2);
    ingress.runs.update(id, DELIVERED);
    await ended;
    assert.equal(events.at(-1)?.event, 'end');
  });

  test('need a key, and the run to be the own: one 404 for all others', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    assert.equal((await follow(ingress, id, { Authorization: '' })).status, 401);
    const answers = await Promise.all(
      [id, UNKNOWN, 'run-x'].map(async (run) => {
        const response = await follow(ingress, run, { Authorization: 'Bearer beta-key' });
        const { request_id: _, ...problem } = (await response.json()) as Problem;
        return [response.status, response.headers.get('content-type'), problem];
      }),
    );
    assert.equal(answers[0]?.[0], 404);
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(answers[1], answers[2]);
    assert.equal(ingress.runs.following, 0);
  });

  test('end for the server when the reader hangs up', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxStreamsPerClient: 1 } });
    const id = await startRun(ingress);
    const hangUp = new AbortController();
    const response = await ingress.ask(`/v1/runs/${id}/events`, { signal: hangUp.signal });
    assert.equal(ingress.runs.following, 1);
    const reading = response.text().catch(() => undefined);
    hangUp.abort();
    await reading;
    await waitFor('the end', () => ingress.runs.following === 0);
    const next = await follow(ingress, id);
    assert.equal(next.status, 200, 'its slot is free again');
    await next.body?.cancel();
    assert.deepEqual(
      ingress.logs.filter(({ level }) => level === 'error'),
      [],
    );
  });

  test('are for so many readers a client, and so many in all', async (t) => {
    const ingress = await startTestIngress(t, { limits: { maxStreamsPerClient: 2, maxStreams: 3 } });
    const id = await startRun(ingress);
    await Promise.all([follow(ingress, id), follow(ingress, id)]);
    const own = await follow(ingress, id);
    assert.deepEqual([own.status, own.headers.get('retry-after')], [429, '5']);
    assert.equal(((await own.json()) as Problem).code, 'too_many_streams');
    const body = '{"text":"Hi"}';
    const beta = { Authorization: 'Bearer beta-key' };
    // A stream of another client takes the last slot; an unknown run gives it back.
    assert.equal((await follow(ingress, UNKNOWN, beta)).status, 404);
    const started = await fetch(`${ingress.url}/webhook`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        ...standardHeaders('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', body),
      },
    });
    const { id: foreign } = (await started.json()) as RunResource;
    assert.equal((await follow(ingress, foreign, beta)).status, 200);
    const full = await follow(ingress, foreign, beta);
    assert.deepEqual([full.status, full.headers.get('retry-after')], [503, '2']);
    assert.equal(((await full.json()) as Problem).code, 'overloaded');
  });

  test('HEAD answers as GET would and opens no stream', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const response = await ingress.ask(`/v1/runs/${id}/events`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal((await ingress.ask(`/v1/runs/${UNKNOWN}/events`, { method: 'HEAD' })).status, 404);
    assert.equal(ingress.runs.following, 0);
  });

  test('end with bye when the server drains, which does not wait for their readers', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const { events, ended } = collect(await follow(ingress, id));
    await waitFor('the snapshot', () => events.length === 1);
    const began = performance.now();
    await ingress.server.drain(20_000);
    await ended;
    assert.deepEqual(
      events.map(({ event }) => event),
      ['run', 'bye'],
    );
    assert.ok(performance.now() - began < 10_000, 'the stream held the drain');
  });
});

describe('a reader that does not read', () => {
  async function startStalled(ingress: TestIngress, id: string): Promise<Awaited<ReturnType<typeof openRaw>>> {
    const raw = await openRaw(ingress.port);
    raw.socket.write(
      `GET /v1/runs/${id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alpha-key\r\nConnection: close\r\n\r\n`,
    );
    await waitFor('the stream', () => raw.received().includes('event: run'));
    raw.socket.pause();
    return raw;
  }

  test('costs no memory for what it misses, and gets the last state', async (t) => {
    const ingress = await startTestIngress(t);
    const id = await startRun(ingress);
    const raw = await startStalled(ingress, id);
    const output = 'x'.repeat(1_000_000);
    const updates = 200;
    for (let i = 1; i <= updates; i += 1) {
      ingress.runs.update(id, { output: `${i} ${output}` });
      await new Promise((resolve) => setImmediate(resolve));
    }
    ingress.runs.update(id, { ...DELIVERED, output: 'the last' });
    raw.socket.resume();
    const text = await raw.closed();
    assert.ok(text.length < (updates / 4) * output.length, `${text.length} bytes were kept for a stalled reader`);
    assert.match(text, /"output":"the last"/);
    assert.match(text, /event: end/);
  });

  test('is cut after a while', async (t) => {
    const ingress = await startTestIngress(t, { limits: { streamStalledTimeout: 100 } });
    const id = await startRun(ingress);
    const raw = await startStalled(ingress, id);
    const output = 'x'.repeat(8_000_000);
    for (let i = 0; i < 8; i += 1) {
      ingress.runs.update(id, { output: `${i} ${output}` });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await waitFor('the cut', () => ingress.runs.following === 0);
    raw.socket.destroy();
  });
});
