import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import type { Problem } from '../../src/protocol/problem-error.ts';
import type { SourceSample } from '../support/source-samples.ts';
import { SENDERS_URL } from '../support/vendor-samples.ts';
import { listForgeries, secretLike, signsUrl } from './forgeries.ts';
import { sourcesOf, startSource, type SourceUnderTest } from '../support/source-under-test.ts';

/** Whatever is wrong with the proof, the sender is told this. */
const UNVERIFIED =
  'The delivery is not verified: check the secret and the clock at the sender, and that no proxy changes body or URL.';

/**
 * One suite for every source: a signed event is one run however often it comes, and nothing that is forged, unwanted or
 * broken starts one.
 */
export function describeSource(name: string, sample: SourceSample): void {
  const { options } = sample;

  describe(`${name} as a source`, () => {
    test('makes a signed event a run, by its own templates', async (t) => {
      const source = await startSource(t, sample);
      const response = await source.send();
      const text = await response.text();
      assert.ok(response.ok, text);
      assert.match(response.headers.get('location') ?? selfOfOnly(text), /^\/v1\/runs\/run-[a-z2-7]{26}$/);
      const [task] = source.ingress.runs.started;
      assert.ok(task !== undefined);
      assert.match(task.input.task.text, sample.task.text);
      assert.equal(task.input.task.userId, sample.task.userId);
      assert.equal(task.input.task.sessionKey, sample.task.sessionKey);
      assert.deepEqual([task.input.client, task.input.source, task.memo.source], ['alpha', options.name, options.name]);
      const line = source.ingress.logs.find(({ message }) => message === 'run accepted')?.fields;
      assert.deepEqual([line?.['source'], line?.['run_id']], [options.name, task.runId]);
    });

    test('makes a repeat the same run, and one at the same time too', async (t) => {
      const source = await startSource(t, sample);
      const replies = await Promise.all(Array.from({ length: 5 }, () => source.send()));
      const locations = new Set(replies.map(({ headers }) => headers.get('location')));
      assert.equal(locations.size, 1);
      assert.equal(source.ingress.runs.started.length, 1);
      assert.equal(source.ingress.runs.started[0]?.idempotent, true);
      assert.equal(replies.filter(({ headers }) => headers.get('idempotent-replayed') === 'true').length, 4);
    });

    test('takes a second secret while rotating, or a second key', async (t) => {
      if (sample.documents !== undefined) {
        const source = await startSource(t, sample);
        return expectStarted(source, await source.send({ secret: 'second-secret' }));
      }
      const [first = ''] = options.secret ?? [];
      const second = first.startsWith('whsec_') ? 'whsec_c2Vjb25kIHNlY3JldCBvZiB0aGUgdGVzdHM=' : 'second-secret';
      const source = await startSource(t, sample, { secret: [first, second] });
      await expectStarted(source, await source.send({ secret: second }));
    });

    test('answers every forgery with 401 in the same words, and starts nothing', async (t) => {
      const other = secretLike(options.secret?.[0], 'the secret of a neighbour');
      const neighbour = { ...options, name: 'neighbour', ...(options.secret !== undefined && { secret: [other] }) };
      const sources = sourcesOf(options, neighbour);
      const { proof } = sources.get(options.name) ?? {};
      assert.equal(proof?.kind === 'signed' && proof.scheme.needsUrl === true, signsUrl(sample));
      const source = await startSource(t, sample, {}, { sources });
      const forgeries = listForgeries(sample, source.ingress.url);
      assert.ok(forgeries.length >= 7, `${forgeries.length}`);
      for (const [what, delivery] of forgeries) {
        const response = await source.send(delivery);
        const { code, detail } = (await response.json()) as Problem;
        assert.deepEqual([response.status, code, detail], [401, 'signature_invalid', UNVERIFIED], what);
        assert.deepEqual(source.ingress.runs.calls, [], what);
      }
      await expectStarted(source, await source.send());
      if (sample.documents !== undefined) return;
      const url = `${SENDERS_URL}neighbour`;
      const there = await source.send({ path: '/hooks/neighbour', secret: other, how: { url } });
      assert.ok(there.ok, 'a proof of the neighbour holds there');
    });

    test('answers what its filter drops with 200 and the reason', async (t) => {
      const ignored: unknown[] = [];
      const source = await startSource(
        t,
        sample,
        { filter: sample.unmatched },
        {
          metrics: { requestAnswered: () => undefined, eventIgnored: (labels) => ignored.push(labels) },
        },
      );
      const response = await source.send();
      assert.equal(response.status, 200);
      const answer = (await response.json()) as { ignored: string };
      assert.match(answer.ignored, /does not match the filter$/);
      assert.deepEqual(source.ingress.runs.calls, []);
      assert.deepEqual(ignored, [{ source: options.name, why: 'filter' }]);
      const line = source.ingress.logs.find(({ message }) => message === 'request')?.fields;
      assert.equal(line?.['ignored'], answer.ignored);
    });

    test('refuses an event in which its text finds nothing, and names it', async (t) => {
      const source = await startSource(t, sample, { map: { text: 'Look at {{ event.nowhere.to.be.found }}' } });
      const problem = await expectRefused(source, await source.send(), 422, /^invalid_event$/);
      assert.equal(problem.errors?.[0]?.field, 'map.text');
      assert.match(problem.detail, /event\.nowhere\.to\.be\.found/);
    });

    test('refuses what is larger than its own limit', async (t) => {
      const source = await startSource(t, sample, { body_limit: sample.body.length - 1 });
      await expectRefused(source, await source.send(), 413, /^body_too_large$/);
    });

    test('refuses what is no event', async (t) => {
      const source = await startSource(t, sample);
      for (const body of ['{"cut": ', '{"id":"1","id":"2"}', ...(sample.mayBeEmpty ? [] : [''])]) {
        const response = await source.send({ body });
        if (sample.signBody !== undefined) await expectRefused(source, response, 401, /^signature_invalid$/);
        else await expectRefused(source, response, [400, 422], /^(?:malformed_json|invalid_event)$/);
      }
      if (sample.takesAnyType === true || sample.signBody !== undefined) return;
      const [status, code] =
        sample.provesType === true ? [401, /^signature_invalid$/] : [415, /^unsupported_media_type$/];
      await expectRefused(source, await source.send({ contentType: 'text/plain' }), status, code);
    });

    test('lets nobody choose agent, client or source', async (t) => {
      const source = await startSource(t, sample);
      await source.send({ headers: { 'X-Agent': 'reviewer', 'X-Client': 'beta', 'X-Source': 'webhook' } });
      const [task] = source.ingress.runs.started;
      assert.deepEqual([task?.input.agent, task?.input.client, task?.input.source], ['demo', 'alpha', options.name]);
    });
  });
}

async function expectStarted({ ingress }: SourceUnderTest, response: Response): Promise<void> {
  assert.ok(response.ok, await response.text());
  assert.equal(ingress.runs.started.length, 1);
}

async function expectRefused(
  { ingress }: SourceUnderTest,
  response: Response,
  status: number | readonly number[],
  code: RegExp,
): Promise<Problem> {
  const problem = (await response.json()) as Problem;
  assert.ok([status].flat().includes(response.status), JSON.stringify(problem));
  assert.match(problem.code, code);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.deepEqual(ingress.runs.calls, []);
  return problem;
}

/** Where the only run is of a delivery whose sender puts several events into one. */
function selfOfOnly(text: string): string {
  const { runs } = z
    .object({ runs: z.array(z.object({ links: z.object({ self: z.string() }) })) })
    .parse(JSON.parse(text));
  assert.equal(runs.length, 1);
  return runs[0]?.links.self ?? '';
}
