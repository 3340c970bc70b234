import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { createStartExecution } from '../../src/runs/start-execution.ts';

const OWN = { key: defineSearchAttributeKey('GarudustClient', 'KEYWORD'), value: 'ci' };
const EAGER: WorkflowStartOptions = {
  workflowId: 'run-1',
  taskQueue: 'test',
  requestEagerStart: true,
  typedSearchAttributes: [OWN],
};

/** A server that answers each start as `judge` says, and the names of the attributes of all starts that came. */
function server(judge: (names: readonly string[]) => unknown = () => undefined) {
  const starts: string[][] = [];
  const start = async (_type: string, { typedSearchAttributes = [] }: WorkflowStartOptions) => {
    const names = (typedSearchAttributes as { key: { name: string } }[]).map(({ key }) => key.name);
    starts.push(names);
    const error = judge(names);
    if (error !== undefined) throw error;
    return Promise.resolve();
  };
  return { client: { workflow: { start } } as unknown as Client, starts };
}

/** As the SDK wraps what a server says. */
function refusal(details: string): Error {
  return new Error('Failed to start Workflow', { cause: Object.assign(new Error(details), { code: 3, details }) });
}

describe('a start', () => {
  test('names the build of the worker that gets its first task with it', async () => {
    const { client, starts } = server();
    await createStartExecution('build-1')(client, 'agentRun', EAGER);
    assert.deepEqual(starts, [['GarudustClient', 'BuildIds']]);
  });

  test('names none where another worker gets it', async () => {
    const { client, starts } = server();
    await createStartExecution('build-1')(client, 'agentRun', { ...EAGER, requestEagerStart: false });
    await createStartExecution(undefined)(client, 'agentRun', EAGER);
    assert.deepEqual(starts, [['GarudustClient'], ['GarudustClient']]);
  });

  test('is made again without it by a server that refuses it, which is not asked a second time', async () => {
    const { client, starts } = server((names) =>
      names.includes('BuildIds') ? refusal("BuildIds attribute can't be set in SearchAttributes") : undefined,
    );
    const start = createStartExecution('build-1');
    await start(client, 'agentRun', EAGER);
    await start(client, 'agentRun', EAGER);
    assert.deepEqual(starts, [['GarudustClient', 'BuildIds'], ['GarudustClient'], ['GarudustClient']]);
  });

  test('fails by any other refusal, once', async () => {
    const said = refusal('Namespace default is not found.');
    const { client, starts } = server(() => said);
    await assert.rejects(createStartExecution('build-1')(client, 'agentRun', EAGER), said);
    assert.equal(starts.length, 1);
  });
});
