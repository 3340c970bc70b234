import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Client, Connection } from '@temporalio/client';
import type { RunList } from '../../src/protocol/run-list.ts';
import { reconcileSchedules } from '../../src/runs/schedules/reconcile-schedules.ts';
import { runCli } from '../support/run-cli.ts';
import { API_KEY, SECRET, startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer, uniqueTaskQueue } from '../support/temporal-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const HEAD = `
clients: [{ id: default, webhook_secret: "${SECRET}", api_key: "${API_KEY}" }]
agents: { demo: { type: demo } }
`;
const NIGHTLY = 'schedules:\n  nightly: { cron: "0 3 * * 1-5", time_zone: Europe/Berlin, text: Report the builds }\n';

/** `setup` and `schedules` on a task queue of their own. */
async function setUp(t: TestContext, keys: Record<string, string> = {}) {
  const { address } = await connectToTestServer();
  const taskQueue = uniqueTaskQueue(t);
  const file = join(temporaryFolder(t), 'settings.yaml');
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_TASK_QUEUE: taskQueue, ...keys };
  const setup = async (schedules: string, ...flags: string[]) => {
    writeFileSync(file, HEAD + schedules);
    const { code, stdout, stderr } = await runCli(['setup', '--config', file, ...flags], { env });
    const lines = stdout.split('\n').filter((line) => / schedule /.test(line));
    return { code, lines, stderr };
  };
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  t.after(async () => {
    await reconcileSchedules(client, [], { taskQueue }).finally(() => connection.close());
  });
  const schedules = (...args: string[]) => runCli(['schedules', ...args], { env });
  return { taskQueue, file, setup, schedules, temporal: client.schedule };
}

describe('schedules', () => {
  test('are made by setup, run, paused and removed, and those of others are left alone', async (t) => {
    const { taskQueue, setup, schedules, temporal } = await setUp(t);
    const foreign = await temporal.create({
      scheduleId: `${taskQueue}/foreign`,
      spec: { intervals: [{ every: '1d' }] },
      action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    });
    const checked = await setup(NIGHTLY, '--check');
    assert.equal(checked.code, 4);
    assert.match(
      checked.lines.join(),
      /^missing +schedule nightly: is not in Temporal yet: run `setup` without --check\.$/,
    );
    assert.match((await setup(NIGHTLY)).lines.join(), /^created +schedule nightly$/);
    await waitFor('the schedule in the list', async () => (await schedules('list')).stdout.includes('nightly'));
    assert.match((await setup(NIGHTLY)).lines.join(), /^exists +schedule nightly$/);
    assert.match(
      (await schedules('list')).stdout,
      /^NAME +NEXT +LATEST RUN\nnightly +in \d+ (?:hours?|days?|minutes?) +none\n$/,
    );

    const { stdout: run } = await schedules('run', 'nightly');
    assert.match(run, /^run-nightly-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
    const paused = await schedules('pause', 'nightly', '--note', 'until the move');
    assert.equal(paused.code, 0);
    const changed = NIGHTLY.replace('Report', 'Sum up');
    const drift = await setup(changed, '--check');
    assert.match(drift.lines.join(), /^failed +schedule nightly: differs from the settings file/);
    assert.match((await setup(changed)).lines.join(), /^changed +schedule nightly$/);
    assert.match((await schedules('list')).stdout, /^nightly +paused: until the move +run-nightly-/m);
    await schedules('resume', 'nightly');
    assert.doesNotMatch((await schedules('list')).stdout, /paused/);

    const clash = await setup(NIGHTLY.replace('nightly', 'foreign'));
    assert.equal(clash.code, 4);
    assert.match(clash.lines.join('\n'), /^failed +schedule foreign: .* exists, and `setup` did not make it/m);
    assert.match(clash.lines.join('\n'), /^removed +schedule nightly$/m);
    assert.equal((await foreign.describe()).action.workflowType, 'other');
    const unknown = await schedules('run', 'foreign');
    assert.equal(unknown.code, 4);
    assert.match(unknown.stderr, /There is no schedule "foreign"/);
    await foreign.delete();
  });

  test('start runs that the API knows, with their callback', async (t) => {
    // Encrypted, because Temporal adds the time to the ID to which the payloads are bound.
    const keys = { PAYLOAD_KEYS: `k1:${randomBytes(32).toString('base64')}` };
    const { taskQueue, setup, schedules } = await setUp(t, keys);
    const stack = await startTestStack(t, { taskQueue, env: keys });
    const text = `echo ${taskQueue}`;
    const hourly = `callback: { permit_networks: [127.0.0.0/8] }\nschedules: { hourly: { every: 1h, text: "${text}", user_id: ada, callback_url: "${stack.callbackUrl}" } }\n`;
    assert.match((await setup(hourly)).lines.join(), /^created/);
    const id = (await schedules('run', 'hourly')).stdout.trim();
    const run = await stack.get(id, 20);
    assert.deepEqual([run.status, run.source, run.user_id], ['completed', 'schedule.hourly', 'ada']);
    assert.match(run.output ?? '', new RegExp(text));
    await waitFor('the callback', () => stack.callbacks.length === 1);
    await waitFor('the run in the list', async () => {
      const response = await fetch(`${stack.url}/v1/runs?source=schedule.hourly`, {
        headers: { authorization: `Bearer ${API_KEY}` },
      });
      return ((await response.json()) as Partial<RunList>).runs?.some((one) => one.id === id) === true;
    });
  });

  test('that make no sense are refused, with the line', async (t) => {
    const { file, setup } = await setUp(t);
    const none = await setup(
      'schedules:\n  never: { text: x, client: nobody }\n  twice: { cron: "@daily", every: 1h, text: x }\n',
    );
    assert.equal(none.code, 2);
    assert.match(none.stderr, /schedules\.never \(.* line 5\) says not when: add cron or every/);
    assert.match(none.stderr, /schedules\.never\.client .*"nobody", which is not defined: use one of default/);
    assert.match(none.stderr, /schedules\.twice .*has both cron and every: keep one/);
    const words = await setup(
      'schedules:\n  a: { cron: tomorrow, text: x }\n  b: { cron: "@daily", time_zone: Mars/Olympus, text: x }\n  Not a name: {}\n',
    );
    assert.match(words.stderr, /"tomorrow" is not a cron expression: write five fields/);
    assert.match(words.stderr, /"Mars\/Olympus" is not a time zone/);
    assert.match(words.stderr, /schedules\.Not… .*use up to 40 lower-case letters/);
    const hour = await setup('schedules:\n  a: { cron: "0 99 * * *", text: x }\n');
    assert.equal(hour.code, 4);
    assert.match(hour.lines.join(), /Temporal refuses it \(.*\): correct schedules\.a \(.* line 5\)\.$/);
    const refused = await setup(
      'schedules:\n  a: { cron: "@daily", text: x, callback_url: "http://169.254.169.254/" }\n',
    );
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /schedules\.a \(.* line 5\): /);
    assert.ok(refused.stderr.includes(file));
  });
});
