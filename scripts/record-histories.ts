/**
 * Records the history of every scenario that has none yet: `npm run record-histories`. A history that is there is never
 * recorded anew: it stands for the runs that are stored out there.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { after, test } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { SCENARIOS } from '../test/replay/scenarios.ts';
import { runScenario } from '../test/support/run-scenario.ts';

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

/** Leaves out what tells of the machine that recorded it and means nothing to a replay. */
function withoutMachine(json: string): string {
  const history: unknown = JSON.parse(json, (key, value: unknown) => {
    if (key === 'identity') return 'worker';
    return key === 'stackTrace' ? undefined : value;
  });
  return JSON.stringify(history, null, 1).replaceAll(hostname(), 'worker');
}
