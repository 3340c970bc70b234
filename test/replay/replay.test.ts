import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DefaultLogger, Worker } from '@temporalio/worker';
import { installRuntime } from '../../src/worker/install-runtime.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { SCENARIOS } from './scenarios.ts';

installRuntime(new DefaultLogger('ERROR'));

const FOLDER = new URL('histories/', import.meta.url);
const NAMES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

test('every scenario has a recorded history: npm run record-histories', () => {
  assert.deepEqual(
    Object.keys(SCENARIOS).filter((name) => !NAMES.includes(name)),
    [],
  );
});

test('every recorded history replays with the workflows as they are', async () => {
  const histories = NAMES.map((name) => ({
    workflowId: name,
    history: JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as unknown,
  }));
  const failures: string[] = [];
  const source = { ...workflowSource(process.env['TEST_WORKFLOW_BUNDLE']), sinks: createRunSinks() };
  for await (const { workflowId, error } of Worker.runReplayHistories(source, histories)) {
    if (error) failures.push(`${workflowId}: ${error.message}`);
  }
  assert.deepEqual(failures, []);
  assert.ok(histories.length > 0);
});
