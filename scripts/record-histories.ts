/**
 * Records the history of every scenario that has none yet: `npm run record-histories`. A history that is there is never
 * recorded anew: it stands for the runs that are stored out there.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { after, test } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { OWN_SCENARIOS } from '../test/replay/own-scenarios.ts';
import { SCENARIOS } from '../test/replay/scenarios.ts';
import { playSteps, STEP_SCENARIOS } from '../test/replay/step-scenarios.ts';
import { runOwn } from '../test/support/run-own.ts';
import { runScenario } from '../test/support/run-scenario.ts';
import { runSteps } from '../test/support/run-steps.ts';

const recorded: string[] = [];
after(() => process.stdout.write(`recorded: ${recorded.join(', ') || 'nothing, every scenario has a history'}\n`));

for (const [name, scenario] of Object.entries(SCENARIOS)) {
  const file = new URL(`../test/replay/histories/${name}.json`, import.meta.url);
  if (existsSync(file)) continue;
  test(name, async (t) => {
    const { handle } = await runScenario(t, scenario);
    writeFileSync(file, `${withoutMachine(historyToJSON(await handle.fetchHistory()))}\n`);
    recorded.push(name);
  });
}

for (const [name, scenario] of Object.entries(OWN_SCENARIOS)) {
  const file = new URL(`../test/replay/own-histories/${name}.json`, import.meta.url);
  if (existsSync(file)) continue;
  test(name, async (t) => {
    const { handle } = await runOwn(t, scenario);
    writeFileSync(file, `${withoutMachine(historyToJSON(await handle.fetchHistory()))}\n`);
    recorded.push(name);
  });
}

for (const [name, scenario] of Object.entries(STEP_SCENARIOS)) {
  const file = new URL(`../test/replay/step-histories/${name}.json`, import.meta.url);
  if (existsSync(file)) continue;
  test(name, async (t) => {
    await runSteps(t, scenario, async (at) => {
      const history = await at.server.client.workflow.getHandle(await playSteps(scenario, at)).fetchHistory();
      writeFileSync(file, `${withoutMachine(historyToJSON(history))}\n`);
      // The run of a child is one of ours, and replays with the others.
      const started = history.events?.flatMap(
        (event) => event.startChildWorkflowExecutionInitiatedEventAttributes ?? [],
      );
      const child = started?.[0]?.workflowId;
      if (child === undefined || child === null) return;
      const handle = at.server.client.workflow.getHandle(child);
      await handle.result().catch(() => undefined);
      const own = withoutMachine(historyToJSON(await handle.fetchHistory()));
      writeFileSync(new URL(`../test/replay/histories/${name}.json`, import.meta.url), `${own}\n`);
    });
    recorded.push(name);
  });
}

/** Leaves out what tells of the machine that recorded it and means nothing to a replay. */
function withoutMachine(json: string): string {
  const history: unknown = JSON.parse(json, (key, value: unknown) => {
    if (key === 'identity') return 'worker';
    return key === 'stackTrace' ? undefined : value;
  });
  return JSON.stringify(history, null, 1).replaceAll(hostname(), 'worker');
}
