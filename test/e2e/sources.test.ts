import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hubHeaders } from '../support/signed-headers.ts';
import { eventText } from '../support/source-samples.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { connectToTestServer } from '../support/temporal-server.ts';

const SECRET = 'the-secret-of-the-source';

test('an event of GitHub becomes a run in Temporal, once, and its agent is asked by the template', async (t) => {
  const stack = await startTestStack(t, {
    change: (config) => ({
      ...config,
      sources: sourcesOf({
        name: 'github',
        preset: 'github',
        secret: [SECRET],
        client: config.clients[0]?.id ?? '',
        map: {
          text: 'Review {{ event.pull_request.title }}',
          session_key: '{{ event.repository.full_name }}#{{ event.number }}',
          metadata: { repo: '{{ event.repository.full_name }}' },
        },
      }),
    }),
  });
  const body = eventText('github-pull-request.json');
  const delivery = `e2e-${stack.taskQueue}`;
  const send = () =>
    fetch(`${stack.url}/hooks/github`, {
      method: 'POST',
      body,
      headers: {
        'Content-Type': 'application/json',
        'X-GitHub-Event': 'pull_request',
        'X-GitHub-Delivery': delivery,
        ...hubHeaders(SECRET, body),
      },
    });
  const replies = await Promise.all([send(), send(), send()]);
  assert.deepEqual(
    replies.map(({ status }) => status),
    [202, 202, 202],
  );
  const runs = await Promise.all(replies.map(async (reply) => (await reply.json()) as { id: string }));
  const [run] = runs;
  assert.ok(run !== undefined);
  assert.equal(new Set(runs.map(({ id }) => id)).size, 1);

  const done = await stack.get(run.id, 30);
  assert.deepEqual(
    [done.status, done.source, done.session_key, done.user_id],
    ['completed', 'github', 'Codertocat/Hello-World#2', 'Codertocat'],
  );
  assert.match(done.output ?? '', /Review Update the README with new information\./);
  const { client } = await connectToTestServer();
  const { memo } = await client.workflow.getHandle(run.id).describe();
  assert.equal(memo?.['source'], 'github');
});
