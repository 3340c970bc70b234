import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '../../src/telemetry/logger.ts';
import { toTemporalLogger } from '../../src/telemetry/temporal-logger.ts';

function record(level: 'trace' | 'info') {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { logger: toTemporalLogger(createLogger({ level, format: 'json', destination })), lines };
}

describe('the level of a line', () => {
  test('is lower by one below WARN where the SDK speaks, and its own where we do', () => {
    const { logger, lines } = record('trace');
    for (const sdkComponent of ['worker', 'core', 'workflow', 'activity']) {
      for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level]('x', { sdkComponent });
    }
    const sdk = ['trace', 'trace', 'debug', 'warn', 'error'];
    const own = ['trace', 'debug', 'info', 'warn', 'error'];
    assert.deepEqual(
      lines.map(({ level }) => level),
      [...sdk, ...sdk, ...own, ...own],
    );
  });

  test('is debug for each retry of each call while Temporal is away', () => {
    const { logger, lines } = record('trace');
    logger.warn('gRPC call failed', { sdkComponent: 'core', target: 'temporalio_client::retry' });
    logger.warn('a warning', { sdkComponent: 'core', target: 'temporalio_sdk_core' });
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['debug', 'warn'],
    );
  });

  test('counts as the SDK where nobody is named', () => {
    const { logger, lines } = record('info');
    logger.info('no');
    logger.log('INFO', 'no');
    logger.log('WARN', 'yes');
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['yes'],
    );
  });
});

test('of the SDK known attributes alone are passed on, and no task token', () => {
  const { logger, lines } = record('trace');
  const time = Symbol.for('log_timestamp');
  logger.warn('Activity failed', {
    [time]: 1n,
    sdkComponent: 'worker',
    namespace: 'default',
    taskQueue: 'garudust',
    taskToken: 'completes-the-task',
    activityId: 'agent',
    activityType: 'runAgent',
    workflowId: 'run-1',
    workflowRunId: 'some-uuid',
    attempt: 2,
    isLocal: false,
    input: 'the whole task',
    error: Object.assign(new Error('AgentUnreachable'), { details: ['all of it'] }),
  });
  const { level: _, time: __, err, ...rest } = lines[0] ?? {};
  assert.deepEqual(rest, {
    msg: 'Activity failed',
    namespace: 'default',
    task_queue: 'garudust',
    activity: 'runAgent',
    run_id: 'run-1',
    attempt: 2,
  });
  assert.equal((err as Record<string, unknown>)['message'], 'AgentUnreachable');
  assert.ok(!JSON.stringify(lines).includes('all of it'));
});

test('our own code keeps its fields, and no task token', () => {
  const { logger, lines } = record('trace');
  logger.info('asked', { sdkComponent: 'activity', workflowId: 'run-1', taskToken: 'completes', agent: 'garudust' });
  const { level: _, time: __, ...rest } = lines[0] ?? {};
  assert.deepEqual(rest, { msg: 'asked', run_id: 'run-1', agent: 'garudust' });
});
