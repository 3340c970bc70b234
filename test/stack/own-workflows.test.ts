import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { API_KEY, startTestStack, type TestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';

const at = (name: string): string => fileURLToPath(new URL(`../workflows/fixtures/own/${name}.ts`, import.meta.url));

const WORKFLOWS = { triage: at('triage'), typed: at('typed'), bad: at('bad') };

/** Checks what a run of the workflow `bad` ends with. */
async function endOf({ start, get }: TestStack, how: string) {
  const { id } = await start({ workflow: 'bad', text: how });
  const { status, output, error } = await get(id, 30);
  return { status, output, error };
}

describe("a team's workflow", { concurrency: false }, () => {
  test('is started by a webhook and answered as a run of an agent is', async (t) => {
    const stack = await startTestStack(t, { change: (config) => ({ ...config, workflows: WORKFLOWS }) });
    const { start, post, get, callbacks, callbackUrl } = stack;

    await t.test('from HTTP to callback', async () => {
      const task = {
        workflow: 'triage',
        text: 'Ticket 7\ndemo: tokens 5',
        callback_url: callbackUrl,
        session_key: 's',
        user_id: 'u',
      };
      const once = { 'Idempotency-Key': randomUUID() };
      const run = await start(task, once);
      assert.deepEqual([run.workflow, run.agent, run.callback.status], ['triage', undefined, 'pending']);
      const ended = await get(run.id, 30);
      assert.equal(ended.status, 'completed');
      assert.match(ended.output ?? '', /Second: /);
      const steps = ended.steps ?? [];
      assert.deepEqual(
        steps.map(({ id, status, agent, attempt }) => [id, status, agent, attempt]),
        [
          ['first', 'completed', 'demo', 1],
          ['second', 'completed', 'demo', 1],
        ],
      );
      assert.equal(steps[1]?.output, ended.output);
      assert.ok((ended.usage?.output_tokens ?? 0) >= 5, 'the sum of its steps');
      assert.ok((steps[0]?.finished_at ?? '') <= (steps[1]?.started_at ?? ''));
      await waitFor('the callback', () => callbacks.length === 1, 10_000);
      const body = callbacks[0]?.body as Record<string, unknown>;
      assert.deepEqual([body['run_id'], body['status'], body['text']], [run.id, 'completed', ended.output]);
      await waitFor('its receipt', async () => (await get(run.id)).callback.status === 'delivered', 10_000);
      const again = await post(task, once);
      assert.deepEqual([again.status, again.headers.get('Idempotent-Replayed')], [202, 'true']);
      const other = await post({ ...task, text: 'Ticket 8' }, once);
      assert.equal(other.status, 409);
    });

    await t.test('given what its schema makes of the input', async () => {
      const input = { number: '42', due: '2026-01-31' };
      const { id, summary } = await start({ workflow: 'typed', input, user_id: 'u' });
      assert.equal(summary, JSON.stringify(input));
      const { output, data, status, error } = await get(id, 30);
      assert.deepEqual([status, error], ['completed', undefined]);
      const made = { number: 42, due: '2026-01-31T00:00:00.000Z', label: 'none', client: 'default', user: 'u' };
      assert.deepEqual([JSON.parse(output ?? ''), data], [made, made]);
    });

    await t.test('refused with what its schema finds', async () => {
      const refused = await post({ workflow: 'typed', input: { number: 'many' } });
      const problem = (await refused.json()) as { code: string; errors: { field: string }[] };
      assert.deepEqual(
        [refused.status, problem.code, problem.errors[0]?.field],
        [422, 'invalid_input', 'input.number'],
      );
      const unknown = await post({ workflow: 'triaje', text: 'x' });
      const { code, detail } = (await unknown.json()) as { code: string; detail: string };
      assert.deepEqual([unknown.status, code], [422, 'workflow_not_permitted']);
      assert.match(detail, /name one of triage, typed, bad/);
      const both = await post({ workflow: 'triage', agent: 'demo', text: 'x' });
      assert.equal(both.status, 422);
      const noWorkflow = await post({ input: {} });
      assert.equal(((await noWorkflow.json()) as { code: string }).code, 'invalid_task');
    });

    for (const [how, code, message] of [
      ['error', 'WorkflowFailed', 'The workflow "bad" failed with an error of its code.'],
      ['reference', 'WorkflowFailed', 'The workflow "bad" failed with an error of its code.'],
      ['told', 'WorkflowFailed', 'No ticket 42.'],
      [
        'date',
        'OutputInvalid',
        'The workflow "bad" returned a Date at output.when[0]: return date.toISOString() instead.',
      ],
      ['map', 'OutputInvalid', 'The workflow "bad" returned a Map at output: return a plain object, a list or a text.'],
      [
        'cycle',
        'OutputInvalid',
        'The workflow "bad" returned an object that contains itself at output.self: return one without cycles.',
      ],
      ['bigint', 'OutputInvalid', 'The workflow "bad" returned a bigint at output.n: return a text or a number.'],
    ] as const) {
      await t.test(`failed with a type: ${how}`, async () => {
        assert.deepEqual(await endOf(stack, how), { status: 'failed', output: undefined, error: { code, message } });
      });
    }

    await t.test('failed with a type: 5 MB', async () => {
      const { status, error } = await endOf(stack, 'large');
      assert.deepEqual([status, error?.code], ['failed', 'AnswerTooLarge']);
    });

    await t.test('listed, followed and canceled', async () => {
      const { url, cancel } = stack;
      const headers = { Authorization: `Bearer ${API_KEY}` };
      const { id } = await start({ workflow: 'triage', text: 'a step\ndemo: sleep 30s' });
      const list = async () =>
        ((await (await fetch(`${url}/v1/runs?status=running`, { headers })).json()) as { runs: RunResource[] }).runs;
      await waitFor('the list', async () => (await list()).some((run) => run.id === id), 10_000);
      const listed = (await list()).find((run) => run.id === id);
      assert.deepEqual([listed?.workflow, listed?.steps], ['triage', undefined]);
      await waitFor('its first step', async () => (await get(id)).steps?.[0]?.status === 'running', 10_000);
      assert.equal((await cancel(id)).status, 202);
      const ended = await get(id, 30);
      assert.deepEqual([ended.status, ended.steps?.map(({ status }) => status)], ['canceled', ['canceled']]);
    });

    await t.test('in turn with the other runs of its session', async () => {
      const { cancel } = stack;
      const task = { workflow: 'triage', text: 'a step\ndemo: sleep 30s', session_key: 'in turn' };
      const first = await start(task);
      await waitFor('its first step', async () => (await get(first.id)).steps?.[0]?.status === 'running', 10_000);
      const second = await start({ ...task, text: 'the next' });
      await waitFor('its place', async () => (await get(second.id)).position === 1, 10_000);
      assert.deepEqual([(await get(second.id)).status, (await get(second.id)).steps ?? []], ['queued', []]);
      await cancel(first.id);
      assert.equal((await get(second.id, 30)).status, 'completed');
    });

    await t.test('completed with nothing, and with JSON', async () => {
      assert.equal((await endOf(stack, 'nothing')).output, '');
      assert.equal((await endOf(stack, 'well')).output, '{"how":"well"}');
    });
  });
});
