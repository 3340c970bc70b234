import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { toAnswerLink } from '../../src/contract/answer-link.ts';
import type { Question } from '../../src/contract/question.ts';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { startTestIngress, type TestIngress } from '../support/test-ingress.ts';

const SECRET = 'a secret of links';
const RUN = `run-${'a'.repeat(26)}`;
const QUESTION: Question = {
  id: 'publish',
  number: 1,
  state: 'open',
  question: 'Publish <b>this</b> & "that"?',
  show: '<script>alert(1)</script>',
  choices: ['approve', 'refuse'],
  default: 'refuse',
  askedAt: new Date(Date.now() - 60_000).toISOString(),
  deadline: new Date(Date.now() + 3_600_000).toISOString(),
};

/** The path of a link. */
function linkTo(question: Question = QUESTION, { runId = RUN, secret = SECRET } = {}): string {
  const links = { publicUrl: 'https://agents.example.com', answerLinkSecret: [secret] };
  return new URL(toAnswerLink(runId, question, links) ?? assert.fail('no link')).pathname;
}

async function serve(t: TestContext, question = QUESTION): Promise<TestIngress> {
  const ingress = await startTestIngress(t, { answerLinkSecrets: ['a newer secret', SECRET] });
  ingress.runs.asked.set(`${RUN} ${question.id}`, { client: 'alpha', summary: 'Deploy 4312', question });
  return ingress;
}

function send({ url }: TestIngress, path: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url + path, { method: 'POST', body: new URLSearchParams(fields) });
}

/** What every page of a link says of itself. */
function checkHeaders({ headers }: Response): void {
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none';.* form-action 'self'; frame-ancestors 'none'$/);
  assert.doesNotMatch(policy, /script|unsafe/);
  const rest = ['x-frame-options', 'referrer-policy', 'cache-control', 'x-robots-tag', 'x-content-type-options'];
  assert.deepEqual(
    rest.map((name) => headers.get(name)),
    ['DENY', 'no-referrer', 'no-store', 'noindex, nofollow', 'nosniff'],
  );
  assert.match(headers.get('content-type') ?? '', /^text\/html/);
}

describe('a link without a login', () => {
  test('shows the question as text, and only a POST decides, once', async (t) => {
    const ingress = await serve(t);
    const path = linkTo();
    for (const method of ['HEAD', 'GET', 'GET']) checkHeaders(await fetch(ingress.url + path, { method }));
    const page = await (await fetch(ingress.url + path)).text();
    assert.match(page, /Publish &lt;b&gt;this&lt;\/b&gt; &amp; &quot;that&quot;\?/);
    assert.match(page, /&lt;script&gt;alert/);
    assert.doesNotMatch(page, /<script/);
    assert.match(page, /Deploy 4312/);
    assert.match(page, /Answer before 20\d\d-\d\d-\d\d \d\d:\d\d UTC.*<bdi>refuse<\/bdi>/);
    assert.deepEqual(ingress.runs.answers, []);

    const taken = await send(ingress, path, { answer: 'approve', by: ' Ann ', comment: 'one\r\ntwo' });
    checkHeaders(taken);
    assert.equal(taken.status, 200);
    assert.match(await taken.text(), /Thank you.*approve/s);
    const answer = { question: 'publish', answer: 'approve', by: ' Ann ', comment: 'one\ntwo', via: 'link' };
    assert.deepEqual(ingress.runs.answers, [answer]);

    const second = await send(ingress, path, { answer: 'refuse', by: 'Bob' });
    assert.equal(second.status, 409);
    for (const response of [second, await fetch(ingress.url + path)]) {
      checkHeaders(response);
      const text = await response.text();
      assert.match(text, /<bdi> Ann <\/bdi> answered at 2026-01-31 12:34 UTC/);
      assert.doesNotMatch(text, /approve|refuse|<form/);
    }
    assert.equal(ingress.runs.answers.length, 1);
  });

  test('answers every forgery alike, and asks Temporal for none', async (t) => {
    const ingress = await serve(t);
    const good = linkTo();
    const [claims = '', mac = ''] = good.slice('/answers/'.length).split('.');
    const other = linkTo({ ...QUESTION, id: 'other' })
      .slice('/answers/'.length)
      .split('.')[0];
    const forged = [
      linkTo(QUESTION, { secret: 'another secret' }),
      `/answers/${other}.${mac}`,
      `/answers/${claims}.${mac.slice(0, -1)}${mac.endsWith('A') ? 'B' : 'A'}`,
      `/answers/${claims}`,
      `/answers/${claims}.`,
      `/answers/${'x'.repeat(3000)}.${mac}`,
      `/answers/%00`,
      `/answers/undefined`,
    ];
    const seen = new Set<string>();
    for (const path of forged) {
      for (const response of [await fetch(ingress.url + path), await send(ingress, path, { answer: 'approve' })]) {
        checkHeaders(response);
        seen.add(`${response.status} ${await response.text()}`);
      }
    }
    assert.equal(seen.size, 1);
    assert.match([...seen].join(), /^404 .*This link does not work/s);
    assert.deepEqual([ingress.runs.calls, ingress.runs.answers], [[], []]);
  });

  test('ends with its question, with the run, and with a reset', async (t) => {
    const late = { ...QUESTION, deadline: new Date(Date.now() - 1000).toISOString() };
    const gone: readonly (readonly [string, Question, string])[] = [
      ['its time is up', late, linkTo(late)],
      ['asked anew', QUESTION, linkTo({ ...QUESTION, askedAt: new Date(0).toISOString() })],
      ['another run', QUESTION, linkTo(QUESTION, { runId: `run-${'b'.repeat(26)}` })],
      ['withdrawn', { ...QUESTION, state: 'withdrawn' }, linkTo()],
      ['expired without a default', { ...QUESTION, state: 'expired' }, linkTo()],
    ];
    for (const [why, question, path] of gone) {
      const ingress = await serve(t, question);
      for (const response of [await fetch(ingress.url + path), await send(ingress, path, { answer: 'approve' })]) {
        checkHeaders(response);
        assert.equal(response.status, 410, why);
        assert.match(await response.text(), /This link has expired/, why);
      }
      assert.deepEqual(ingress.runs.answers, [], why);
    }
  });

  test('says that the default counts where nobody answered in time', async (t) => {
    const settled = { answer: 'refuse', by: 'nobody', via: 'default', answeredAt: '2026-01-31T12:00:00.000Z' } as const;
    const ingress = await serve(t, { ...QUESTION, state: 'expired', ...settled });
    assert.match(await (await fetch(ingress.url + linkTo())).text(), /Nobody answered before 2026-01-31 12:00 UTC/);
  });

  test('asks again where the answer does not fit, and takes words where there are no choices', async (t) => {
    const ingress = await serve(t);
    const choose = 'Choose one of the answers.';
    const wrong: readonly (readonly [Record<string, string>, string])[] = [
      [{}, choose],
      [{ answer: '  ' }, choose],
      [{ answer: 'maybe' }, choose],
      [{ answer: 'x'.repeat(10_001) }, choose],
      [{ answer: 'approve', by: 'x'.repeat(201) }, 'The name is too long: at most 200 characters.'],
      [{ comment: 'x'.repeat(2001) }, `${choose} The comment is too long: at most 2,000 characters.`],
    ];
    for (const [fields, words] of wrong) {
      const response = await send(ingress, linkTo(), fields);
      assert.equal(response.status, 422, JSON.stringify(fields));
      checkHeaders(response);
      assert.ok((await response.text()).includes(`role="alert">${words}</p>`), words);
    }
    const json = await fetch(ingress.url + linkTo(), { method: 'POST', body: '{"answer": "approve"}' });
    assert.equal(json.status, 415);
    checkHeaders(json);
    const long = await send(ingress, linkTo(), { answer: 'x'.repeat(200_000) });
    assert.equal(long.status, 413);
    assert.deepEqual(ingress.runs.answers, []);

    const { choices: _, ...words } = QUESTION;
    const free = await serve(t, words);
    for (const [fields, said] of [
      [{}, 'Write an answer.'],
      [{ answer: 'x'.repeat(10_001) }, 'The answer is too long: at most 10,000 characters.'],
    ] as const) {
      const page = await (await send(free, linkTo(), fields)).text();
      assert.ok(page.includes(`role="alert">${said}</p>`), said);
    }
    assert.match(await (await fetch(free.url + linkTo())).text(), /<textarea id="answer"/);
    assert.equal((await send(free, linkTo(), { answer: 'Grüße ♥' })).status, 200);
    assert.deepEqual(free.runs.answers, [
      { question: 'publish', answer: 'Grüße ♥', by: 'somebody with the link', via: 'link' },
    ]);
  });

  test('asks again with what was filled in, as text', async (t) => {
    const fields = { answer: 'refuse', by: `"><b>${'x'.repeat(200)}`, comment: '\n</textarea><script>"' };
    const page = await (await send(await serve(t), linkTo(), fields)).text();
    assert.ok(page.includes(`value="&quot;&gt;&lt;b&gt;${'x'.repeat(200)}"`));
    assert.ok(
      page.includes('>\n\n&lt;/textarea&gt;&lt;script&gt;&quot;</textarea>'),
      'the first line break is dropped',
    );
    assert.ok(page.includes('value="refuse" required checked>'));
    assert.equal(page.match(/ checked/g)?.length, 1);
    const { choices: _, ...words } = QUESTION;
    const free = await (await send(await serve(t, words), linkTo(), { ...fields, answer: 'so & so' })).text();
    assert.ok(free.includes('required>\nso &amp; so</textarea>'));
  });

  test('tells who was first though the run has ended with that answer meanwhile', async (t) => {
    const ingress = await serve(t);
    ingress.runs.answer = async (runId) => {
      const settled = {
        state: 'answered',
        answer: 'refuse',
        by: 'Bob',
        answeredAt: '2026-01-31T12:34:56.000Z',
      } as const;
      ingress.runs.asked.set(`${runId} publish`, {
        client: 'alpha',
        summary: '',
        question: { ...QUESTION, ...settled },
      });
      throw new ProblemError('not_asked', 'The run asks nothing now.');
    };
    const late = await send(ingress, linkTo(), { answer: 'approve' });
    checkHeaders(late);
    assert.equal(late.status, 409);
    assert.match(await late.text(), /Answered before.*<bdi>Bob<\/bdi> answered at 2026-01-31 12:34 UTC/s);
  });

  test('asks for another try where no worker takes the answer, and no log has the key of a link', async (t) => {
    const ingress = await serve(t);
    ingress.runs.failure = new ProblemError('worker_unavailable', 'No worker.');
    const response = await send(ingress, linkTo(), { answer: 'approve' });
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    checkHeaders(response);
    assert.match(await response.text(), /Try again in a moment/);
    const line = ingress.logs.find(({ message }) => message === 'request');
    assert.deepEqual([line?.fields['path'], line?.fields['run_id']], ['/answers/…', RUN]);
    assert.doesNotMatch(JSON.stringify(ingress.logs), new RegExp(linkTo().slice(-43)));
  });

  test('does not exist without a secret, and allows no other method', async (t) => {
    const ingress = await startTestIngress(t);
    assert.equal((await fetch(ingress.url + linkTo())).status, 404);
    assert.equal(toAnswerLink(RUN, QUESTION, { answerLinkSecret: [SECRET] }), undefined);
    assert.equal(toAnswerLink(RUN, QUESTION, { publicUrl: 'https://agents.example.com' }), undefined);
    assert.equal((await fetch(ingress.url + linkTo(), { method: 'DELETE' })).status, 405);
  });
});
