import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DefaultLogger, type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { installRuntime } from '../../src/worker/install-runtime.ts';
import { createRunSinks } from '../../src/worker/run-sinks.ts';
import { TRACE_INTERCEPTORS_PATH } from '../../src/worker/trace-plugin.ts';
import { workflowSource } from '../../src/worker/workflow-bundle.ts';
import { OWN_SOURCE } from '../support/run-own.ts';
import { STEPS } from '../support/run-steps.ts';
import { OWN_SCENARIOS } from './own-scenarios.ts';
import { SCENARIOS } from './scenarios.ts';
import { STEP_SCENARIOS } from './step-scenarios.ts';

installRuntime(new DefaultLogger('ERROR'));

/** Recorded runs, and what replays them: our workflows, or those of a team beside them. */
const SETS = [
  {
    of: 'our workflows',
    folder: new URL('histories/', import.meta.url),
    scenarios: SCENARIOS,
    source: (bundle?: string) => workflowSource(bundle),
  },
  {
    of: "the steps of a team's workflow",
    folder: new URL('step-histories/', import.meta.url),
    scenarios: STEP_SCENARIOS,
    source: () => ({ workflowsPath: STEPS }),
  },
  {
    of: "runs of a team's workflows",
    folder: new URL('own-histories/', import.meta.url),
    scenarios: OWN_SCENARIOS,
    source: () => OWN_SOURCE,
  },
];

const WORKERS: readonly {
  where: string;
  bundle: string | undefined;
  options: Pick<ReplayWorkerOptions, 'interceptors'>;
}[] = [
  { where: 'without tracing', bundle: process.env['TEST_WORKFLOW_BUNDLE'], options: {} },
  {
    where: 'on a worker that traces',
    // A prebuilt bundle has no interceptors.
    bundle: 'none',
    options: { interceptors: { workflowModules: [TRACE_INTERCEPTORS_PATH] } },
  },
];

for (const { of, folder, scenarios, source } of SETS) {
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

  test(`every scenario of ${of} has a recorded history: npm run record-histories`, () => {
    assert.deepEqual(
      Object.keys(scenarios).filter((name) => !names.includes(name)),
      [],
    );
  });

  for (const { where, bundle, options } of WORKERS) {
    test(`every recorded history of ${of} replays with the code as it is, ${where}`, async () => {
      const histories = names.map((name) => ({
        workflowId: name,
        history: JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as unknown,
      }));
      const failures: string[] = [];
      const worker = { ...source(bundle), sinks: createRunSinks(), ...options };
      for await (const { workflowId, error } of Worker.runReplayHistories(worker, histories)) {
        if (error) failures.push(`${workflowId}: ${error.message}`);
      }
      assert.deepEqual(failures, []);
      assert.ok(histories.length > 0);
    });
  }
}
