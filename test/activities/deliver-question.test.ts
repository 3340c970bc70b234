import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { createDeliverCallback } from '../../src/activities/deliver-callback.ts';
import { createLinkQuestion } from '../../src/activities/link-question.ts';
import { readAnswerLink } from '../../src/contract/answer-link.ts';
import type { Question } from '../../src/contract/question.ts';
import type { DeliverQuestionInput } from '../../src/contract/question-activities.ts';
import { questionBody } from '../../src/protocol/question-body.ts';
import { startCallbackReceiver } from '../support/callback-receiver.ts';
import { ACME } from '../support/deliver-callback-setup.ts';
import { failureOf, type MockAttempt, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';

const LINKS = { publicUrl: 'https://agents.example.com', answerLinkSecret: ['a new secret', 'an old secret'] };
const DEADLINE = '2026-02-01T12:00:00.000Z';
const ASKED: Question = {
  ...{
    id: 'publish',
    number: 2,
    state: 'open' as const,
    question: 'Publish?',
    show: 'A draft',
    choices: ['yes', 'no'],
  },
  ...{ default: 'no', askedAt: '2026-01-31T12:00:00.000Z', deadline: DEADLINE },
};

async function setUp(t: TestContext, status: number) {
  const receiver = await startCallbackReceiver(t, () => ({ status }));
  const operator = await startCallbackReceiver(t, () => ({ status: 204 }));
  const told: string[] = [];
  const { deliverQuestion } = createDeliverCallback({
    clients: new Map([['acme', ACME]]),
    permitNetworks: ['127.0.0.1/32'],
    deadLetterWebhook: operator.url,
    onFirstFailure: async () => void told.push('announced'),
    logger: new RecordingLogger(),
    metrics: {
      callbackAttempted: ({ outcome }) => told.push(outcome),
      callbackDied: () => told.push('died'),
      callbackDeferred: () => told.push('deferred'),
    },
    links: LINKS,
  });
  const input: DeliverQuestionInput = {
    ...{ client: 'acme', runId: 'run-4x7q', url: receiver.url, deliveryId: 'run-4x7q-asked-2-abc', asked: ASKED },
    ...{ summary: 'Write a post', retryDelaysMs: [5000], attemptTimeoutMs: 2000 },
  };
  const run = (attempt: MockAttempt = mockAttempt()) => attempt.env.run(deliverQuestion, input);
  return { run, told, receiver, operator };
}

describe('deliverQuestion', () => {
  test('posts the question with its link, signed, and the same each time', async (t) => {
    const { run, receiver } = await setUp(t, 204);
    await run();
    await run(mockAttempt({ attempt: 2 }));
    const [first, second] = receiver.received;
    assert.equal(first?.body, second?.body);
    assert.equal(first?.headers['webhook-id'], 'run-4x7q-asked-2-abc');
    assert.ok(first?.headers['webhook-signature'] && first.headers['x-hub-signature-256']);
    const { question, ...body } = questionBody.parse(JSON.parse(first.body));
    assert.deepEqual(body, {
      run_id: 'run-4x7q',
      status: 'input_required',
      session_key: null,
      summary: 'Write a post',
      links: {
        self: 'https://agents.example.com/v1/runs/run-4x7q',
        input: 'https://agents.example.com/v1/runs/run-4x7q/input',
      },
    });
    const [base, token = ''] = question.link?.split('/answers/') ?? [];
    assert.equal(base, LINKS.publicUrl);
    const claim = {
      ...{ runId: 'run-4x7q', question: 'publish' },
      ...{ askedAt: Date.parse(ASKED.askedAt), expiresAt: Date.parse(DEADLINE) },
    };
    assert.deepEqual(readAnswerLink(token, ['a new secret']), claim);
    assert.equal(readAnswerLink(token, ['an old secret']), undefined);
  });

  test('is tried again like a callback, but the run hears nothing of it, and nobody of its end', async (t) => {
    const { run, told, operator } = await setUp(t, 503);
    const first = await failureOf(run());
    assert.deepEqual([first.type, first.nonRetryable], ['CallbackFailed', false]);
    const last = await failureOf(run(mockAttempt({ attempt: 2 })));
    assert.deepEqual([last.type, last.nonRetryable], ['CallbackFailed', true]);
    assert.deepEqual(told, ['failed', 'failed']);
    assert.deepEqual(operator.received, []);
  });
});

test('the link that workflow code gets is that of the run; there is none without settings', async () => {
  const input = { runId: 'run-4x7q', asked: ASKED };
  const link: unknown = await mockAttempt().env.run(createLinkQuestion(LINKS), input);
  const expiresAt = Date.parse(DEADLINE);
  assert.equal(readAnswerLink(String(link).split('/').at(-1) ?? '', LINKS.answerLinkSecret)?.expiresAt, expiresAt);
  assert.equal(await mockAttempt().env.run(createLinkQuestion({}), input), undefined);
});
