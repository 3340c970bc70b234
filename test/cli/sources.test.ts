import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { deriveRunId } from '../../src/contract/run-id.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { documentedCode } from '../support/documented-code.ts';
import { eventText } from '../support/source-samples.ts';

const SETTINGS = `
clients:
  - id: ci
    webhook_secret: "\${NOBODY_HAS_SET_THIS}"
    allowed_callback_domains: [ci.example.com]
agents: { demo: { type: demo } }
sources:
  github:
    preset: github
    secret: "\${NOR_THIS}"
    events: [pull_request, push]
    map:
      text: "Review {{ event.pull_request.title }}"
      session_key: "{{ event.repository.full_name }}#{{ event.number }}"
      metadata: { repo: "{{ event.repository.full_name }}" }
  slack: { preset: slack, secret: "\${NOR_THIS}" }
  events: { preset: cloudevents, secret: "\${NOR_THIS}" }
  ci:
    scheme: bearer
    secret: "\${NOR_THIS}"
    map: { text: "{{ event.text }}", callback_url: "{{ event.reply_to }}" }
`;

/** Tries out a body in a folder with the settings. */
async function testSource(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  body: string,
  settings = SETTINGS,
): Promise<CliResult> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-sources-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'garudust-temporal.yaml'), settings);
  await writeFile(join(folder, 'event'), body);
  return runCli(['sources', 'test', ...args], { cwd: folder, stdin: body });
}

describe('sources test', () => {
  test('gives the answer that the README promises', async (t) => {
    const settings = documentedCode('README.md', 'yaml', 'sources:');
    const line = documentedCode('README.md', 'sh', 'sources test').trim();
    const [, words = '', header = ''] = /^npx garudust-temporal sources test (.*) --header "(.*)"$/.exec(line) ?? [];
    const log_url = 'https://ci.example.com/logs/1';
    const event = { deployment: { ref: 'main' }, deployment_status: { state: 'failure', log_url } };
    const args = [...words.replace('event.json', 'event').split(' '), '--header', header];
    const { code, stdout } = await testSource(t, args, JSON.stringify(event), settings);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^Source deployments would start a task:[^]+\n\nSummarise why the deployment of main failed: https:/,
    );
  });

  test('shows the task that would start, without a secret and without a signature', async (t) => {
    const args = ['github', 'event', '--header', 'X-GitHub-Event: pull_request', '--header', 'x-github-delivery:d-1'];
    const { code, stdout, stderr } = await testSource(t, args, eventText('github-pull-request.json'));
    const runId = deriveRunId({ client: 'ci', source: 'github', deliveryId: 'd-1' });
    assert.deepEqual([code, stderr], [0, '']);
    for (const line of [
      /^Source github would start a task:$/m,
      /^ {2}event type +pull_request$/m,
      /^ {2}agent +demo$/m,
      /^ {2}client +ci$/m,
      /^ {2}session +Codertocat\/Hello-World#2$/m,
      /^ {2}user +Codertocat$/m,
      /^ {2}callback +none$/m,
      /^ {2}metadata\.repo +Codertocat\/Hello-World$/m,
      /^ {2}delivery id +d-1$/m,
      new RegExp(`^ {2}run id +${runId}$`, 'm'),
      /\n\nReview Update the README with new information\.\n$/,
    ]) {
      assert.match(stdout, line);
    }
  });

  test('gives the same as JSON, from stdin', async (t) => {
    const args = ['github', '-', '--json', '--header', 'X-GitHub-Event: pull_request'];
    const { code, stdout } = await testSource(t, args, eventText('github-pull-request.json'));
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      outcome: 'task',
      source: 'github',
      client: 'ci',
      agent: 'demo',
      event_type: 'pull_request',
      delivery_id: null,
      run_id: null,
      text: 'Review Update the README with new information.',
      session_key: 'Codertocat/Hello-World#2',
      user_id: 'Codertocat',
      user_name: null,
      callback_url: null,
      metadata: { repo: 'Codertocat/Hello-World' },
    });
  });

  test('says why nothing would start', async (t) => {
    const wrongType = await testSource(t, ['github', 'event', '--header', 'X-GitHub-Event: issues'], '{}');
    assert.deepEqual([wrongType.code, wrongType.stderr], [8, '']);
    assert.match(wrongType.stdout, /would ignore this event.*: events of the type issues are not wanted\.\n$/);
    const bot = await testSource(t, ['slack', 'event', '--json'], eventText('slack-bot-message.json'));
    assert.deepEqual(
      [bot.code, JSON.parse(bot.stdout)],
      [8, { outcome: 'ignored', reason: 'event.event.bot_id does not match the filter' }],
    );
    const hello = await testSource(t, ['slack', 'event'], eventText('slack-url-verification.json'));
    assert.equal(hello.code, 8);
    assert.match(hello.stdout, /would answer this handshake.*"challenge":"3eZbrw1a/);
  });

  test('tells a form and a CloudEvent by their looks', async (t) => {
    const form = await testSource(t, ['slack', 'event'], eventText('slack-slash-command.txt'));
    assert.match(form.stdout, /\n\nwhy did build 4312 fail\?\n$/);
    const structured = await testSource(t, ['events', 'event'], eventText('cloudevents-structured.json'));
    assert.match(structured.stdout, /event type +com\.github\.pull_request\.opened/);
    const ce = ['specversion: 1.0', 'id: 1', 'source: /s', 'type: t'].flatMap((line) => ['--header', `ce-${line}`]);
    const binary = await testSource(t, ['events', 'event', ...ce], '{"x":1}');
    assert.match(binary.stdout, /event type +t\n/);
  });

  test('refuses what the server would refuse, with its words', async (t) => {
    const nothing = await testSource(t, ['ci', 'event'], '{"txet":1}');
    assert.deepEqual([nothing.code, nothing.stdout], [4, '']);
    assert.match(
      nothing.stderr,
      /The server would reject this event with 422: map\.text finds nothing in the event: event\.text/,
    );
    const callback = await testSource(t, ['ci', 'event'], '{"text":"x","reply_to":"https://evil.example.com/"}');
    assert.equal(callback.code, 4);
    assert.match(callback.stderr, /422: map\.callback_url/);
    const broken = await testSource(t, ['ci', 'event'], '{"text":');
    assert.match(broken.stderr, /The server would reject this event with 400: The body is not valid JSON/);
  });

  test('shows no control characters of an event', async (t) => {
    const { stdout } = await testSource(t, ['ci', 'event'], '{"text":"a\\u001b[2Jb\\nc"}');
    assert.match(stdout, /a\\x1b\[2Jb\nc\n$/);
  });

  test('names the sources when there is none of that name, and what is wrong with the settings', async (t) => {
    const unknown = await testSource(t, ['gitub', 'event'], '{}');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /There is no source "gitub": the sources are github, slack, events, ci\./);
    const bad = await testSource(
      t,
      ['github', 'event'],
      '{}',
      SETTINGS.replace('event.pull_request.title', 'evnt.title'),
    );
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /sources\.github\.map\.text \(garudust-temporal\.yaml line 13\) uses "evnt\.title"/);
    const former = await testSource(
      t,
      ['ci', 'event'],
      '{"text":"Hi"}',
      SETTINGS.replace('"{{ event.text }}"', '\'{{ event.text | default "x" }}\''),
    );
    assert.deepEqual([former.code, /^Hi$/m.test(former.stdout)], [0, true]);
    assert.match(former.stderr, /^warning: sources\.ci\.map\.text .*: write \{\{ event\.text \| default: "x" \}\}\.$/m);
    const header = await testSource(t, ['github', 'event', '--header', 'no header'], '{}');
    assert.deepEqual([header.code, header.stdout], [2, '']);
    const file = await testSource(t, ['github', 'other'], '{}');
    assert.match(file.stderr, /other is not readable \(ENOENT\)/);
  });
});
