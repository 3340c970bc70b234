import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { INPUT_UPDATE } from '../../src/contract/question.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { runList } from '../../src/protocol/run-list.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { runCli } from '../support/run-cli.ts';
import { OWN } from '../support/run-own.ts';
import { API_KEY, startTestStack, type TestStack, type TestStackOptions } from '../support/start-test-stack.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

interface Asking extends TestStack {
  /** Sends an event whose task a person approves first. */
  readonly send: () => Promise<Pick<RunResource, 'id'>>;
  readonly answer: (runId: string, body: unknown, key?: string) => Promise<Response>;
  readonly asked: (runId: string) => Promise<RunResource>;
}

async function startAsking(
  t: TestContext,
  approval: { readonly timeout?: number; readonly default?: 'approve' | 'refuse' } = {},
  options: TestStackOptions & { readonly workflow?: string } = {},
): Promise<Asking> {
  const { workflow } = options;
  const stack = await startTestStack(t, {
    ...options,
    change: (config) => ({
      ...config,
      ...(workflow !== undefined && { workflows: OWN }),
      sources: sourcesOf({
        name: 'deploys',
        preset: 'generic',
        unsigned: true,
        client: config.clients[0]?.id ?? '',
        ...(workflow !== undefined && { workflow }),
        map: { text: 'Deploy {{ event.version }}', callback_url: '{{ event.callback_url }}' },
        approval: { required: true, question: 'Deploy it?', timeout: 3_600_000, default: 'refuse', ...approval },
      }),
    }),
  });
  const get = stack.get;
  return {
    ...stack,
    send: async () => {
      const response = await fetch(`${stack.url}/hooks/deploys`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ version: randomUUID(), callback_url: stack.callbackUrl }),
      });
      assert.equal(response.status, 202, await response.clone().text());
      return runResource
        .pick({ id: true })
        .strip()
        .parse(await response.json());
    },
    answer: (runId, body, key = API_KEY) =>
      fetch(`${stack.url}/v1/runs/${runId}/input`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    asked: async (runId) => {
      let run = await get(runId);
      await waitFor('the question', async () => (run = await get(runId)).status === 'input_required', 15_000);
      return run;
    },
  };
}

async function problem(response: Response): Promise<string> {
  const { code, detail } = (await response.json()) as Problem;
  return `${response.status} ${code}: ${detail}`;
}

const APPROVE = { question: 'run', answer: 'approve', by: 'Ann' };

describe('a source with approval', () => {
  test('asks before the agent runs, and the first answer counts', async (t) => {
    const stack = await startAsking(t);
    const { id } = await stack.send();
    // The wait ends when somebody is asked, long before its time is up.
    const waited = await stack.get(id, 30);
    assert.deepEqual([waited.status, waited.terminal, waited.agent?.attempt], ['input_required', false, undefined]);
    const [question] = waited.questions ?? [];
    assert.deepEqual(
      [question?.id, question?.question, question?.choices],
      ['run', 'Deploy it?', ['approve', 'refuse']],
    );
    assert.match(question?.show ?? '', /^Deploy [0-9a-f-]{36}$/);
    assert.ok(Date.parse(question?.deadline ?? '') > Date.now());
    await waitFor(
      'the list',
      async () => {
        const headers = { Authorization: `Bearer ${API_KEY}` };
        const response = await fetch(`${stack.url}/v1/runs?status=input_required`, { headers });
        const { runs } = runList.parse(await response.json());
        return runs.some((run) => run.id === id && run.questions?.[0]?.show === undefined);
      },
      15_000,
    );
    const waits = stack.get(id, 30);
    const responses = await Promise.all([stack.answer(id, APPROVE), stack.answer(id, APPROVE)]);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    );
    assert.equal((await waits).status, 'completed');
    const repeated = await stack.answer(id, APPROVE);
    assert.deepEqual([repeated.status, repeated.headers.get('Idempotent-Replayed')], [200, 'true']);
    const run = runResource.parse(await repeated.json());
    assert.deepEqual([run.questions?.[0]?.status, run.questions?.[0]?.by], ['answered', 'Ann']);
    assert.match(
      await problem(await stack.answer(id, { ...APPROVE, answer: 'refuse', by: 'Bob' })),
      /^409 already_answered: "run" was answered by Ann at 20\S+Z: approve$/,
    );
  });

  test('ends the run with a failure of its own when it is refused; the callback tells it', async (t) => {
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    const refused = await stack.answer(id, { ...APPROVE, answer: 'refuse', comment: 'not today' });
    assert.equal(refused.status, 200);
    const run = await stack.get(id, 20);
    assert.deepEqual([run.status, run.error?.code, run.agent?.attempt], ['failed', 'ApprovalRefused', undefined]);
    assert.match(run.error?.message ?? '', /^The task was refused by Ann at 20\S+Z\. They wrote: not today$/);
    await waitFor(
      'the callback',
      () => stack.callbacks.some(({ body }) => body?.error?.code === 'ApprovalRefused'),
      15_000,
    );
  });

  test('takes its default when nobody answers in time', async (t) => {
    const refusing = await startAsking(t, { timeout: 1000 });
    const refused = await refusing.send();
    await refusing.asked(refused.id);
    const { status, error } = await refusing.get(refused.id, 20);
    assert.deepEqual([status, error?.message], ['failed', 'Nobody approved the task in time.']);
    assert.match(await problem(await refusing.answer(refused.id, APPROVE)), /^409 already_answered: .* by nobody at /);
    const approving = await startAsking(t, { timeout: 1000, default: 'approve' });
    const approved = await approving.send();
    await approving.asked(approved.id);
    assert.equal((await approving.get(approved.id, 20)).status, 'completed');
  });

  test('withdraws the question of a run that is canceled', async (t) => {
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    assert.equal((await stack.cancel(id)).status, 202);
    const run = await stack.get(id, 20);
    assert.deepEqual([run.status, run.questions?.[0]?.status], ['canceled', 'withdrawn']);
    assert.match(await problem(await stack.answer(id, APPROVE)), /^409 not_asked: .*the run asks nothing now\.$/);
  });
});

test("a team's workflow begins once it is approved, and not at all when it is refused", async (t) => {
  const stack = await startAsking(t, {}, { workflow: 'triage' });
  const { id } = await stack.send();
  const asked = await stack.asked(id);
  assert.deepEqual([asked.workflow, asked.steps ?? [], asked.questions?.[0]?.id], ['triage', [], 'run']);
  assert.equal((await stack.answer(id, APPROVE)).status, 200);
  const approved = await stack.get(id, 20);
  assert.deepEqual([approved.status, approved.steps?.map((step) => step.id)], ['completed', ['first', 'second']]);
  const other = await stack.send();
  await stack.asked(other.id);
  assert.equal((await stack.answer(other.id, { ...APPROVE, answer: 'refuse' })).status, 200);
  const refused = await stack.get(other.id, 20);
  assert.deepEqual([refused.status, refused.error?.code, refused.steps ?? []], ['failed', 'ApprovalRefused', []]);
});

describe('runs answer', () => {
  test('answers the open question; who comes later is told who answered, and when', async (t) => {
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    const env = { RUNS_API_KEY: API_KEY, GARUDUST_TEMPORAL_URL: stack.url };
    const cli = (...args: string[]) => runCli(['runs', 'answer', id, ...args], { env });
    const misfit = await cli('maybe');
    assert.deepEqual([misfit.code, misfit.stdout], [4, '']);
    assert.match(misfit.stderr, /answer: is none of the choices of question "run"/);
    const approve = ['approve', '--by', 'Ann', '--comment', 'go'];
    assert.deepEqual(await cli(...approve), { code: 0, stdout: 'Answered: run.\n', stderr: '' });
    assert.equal((await stack.get(id, 20)).status, 'completed');
    const repeated = await cli(...approve);
    assert.deepEqual([repeated.code, repeated.stdout], [0, 'Answered before, with the same answer: run.\n']);
    for (const late of [await cli('refuse'), await cli('refuse', '--question', 'run', '--by', 'Bob')]) {
      assert.deepEqual([late.code, late.stdout], [4, '']);
      assert.match(late.stderr, /"run" was answered by Ann at 20\S+Z: approve \(already_answered\)\n$/);
    }
  });

  test('says so where the run asks nothing', async (t) => {
    const stack = await startTestStack(t);
    const { id } = await stack.start({ text: 'no question' });
    const env = { RUNS_API_KEY: API_KEY, GARUDUST_TEMPORAL_URL: stack.url };
    const result = await runCli(['runs', 'answer', id, 'approve'], { env });
    assert.deepEqual([result.code, result.stdout], [2, '']);
    assert.match(result.stderr, new RegExp(`^error: ${id} asks nothing\\.`));
  });
});

describe('an answer', () => {
  test('that does not fit is refused in words, and changes nothing', async (t) => {
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    const bad: readonly [unknown, RegExp][] = [
      [{ ...APPROVE, answer: 'yes' }, /^422 invalid_parameter: answer: is none of the choices of question "run"/],
      [{ answer: 'approve' }, /^422 invalid_parameter: question: /],
      [{ ...APPROVE, answer: '' }, /^422 invalid_parameter: answer: /],
      [{ ...APPROVE, who: 'me' }, /^422 invalid_parameter: who: is not a known field/],
      [{ ...APPROVE, answer: 'x'.repeat(10_001) }, /^422 invalid_parameter: answer: /],
      [{ ...APPROVE, question: 'publish' }, /^409 not_asked: The run does not ask "publish": open are run\.$/],
      [['approve'], /^422 invalid_parameter: /],
    ];
    for (const [body, expected] of bad) assert.match(await problem(await stack.answer(id, body)), expected);
    const other = await stack.start({ text: 'no question' });
    assert.match(await problem(await stack.answer(other.id, APPROVE)), /^409 not_asked: /);
    assert.match(await problem(await stack.answer(`run-${'a'.repeat(26)}`, APPROVE)), /^404 not_found: /);
    assert.match(await problem(await stack.answer(id, APPROVE, 'wrong')), /^401 api_key_invalid: /);
    assert.equal((await stack.get(id)).status, 'input_required');
  });

  test('without a worker is a 503 with Retry-After, and counts once when it is sent again', async (t) => {
    const { client } = await connectToTestServer();
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    await stack.stack.drain();
    const alone = await startTestStack(t, { taskQueue: stack.taskQueue, roles: { ingress: true, worker: false } });
    const send = (): Promise<Response> =>
      fetch(`${alone.url}/v1/runs/${id}/input`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(APPROVE),
      });
    const began = Date.now();
    const response = await send();
    assert.match(await problem(response.clone()), /^503 worker_unavailable: No worker took the answer within 5 s/);
    assert.equal(response.headers.get('Retry-After'), '5');
    assert.ok(Date.now() - began < 8000);
    await startTestStack(t, { taskQueue: stack.taskQueue, roles: { ingress: false, worker: true } });
    await waitFor('the answer to be taken', async () => (await send()).status === 200, 30_000);
    assert.equal((await client.workflow.getHandle(id).result()) !== undefined, true);
  });

  test('from the Temporal UI is the update, which is validated alike', async (t) => {
    const { client } = await connectToTestServer();
    const stack = await startAsking(t);
    const { id } = await stack.send();
    await stack.asked(id);
    const handle = client.workflow.getHandle(id);
    const { historyLength } = await handle.describe();
    await assert.rejects(handle.executeUpdate(INPUT_UPDATE, { args: ['maybe'] }), /Update failed/);
    assert.equal((await handle.describe()).historyLength, historyLength);
    await handle.executeUpdate(INPUT_UPDATE, { args: ['approve'] });
    const run = await stack.get(id, 20);
    assert.deepEqual(
      [run.status, run.questions?.[0]?.via, run.questions?.[0]?.by],
      ['completed', 'temporal', 'unknown'],
    );
  });
});
