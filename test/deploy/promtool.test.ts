import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { reportMissingTool } from '../support/missing-tool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readPanels, RULES_FILE, RULES_TEST_FILE } from './prometheus-expressions.ts';

/** @returns undefined where there is no promtool, which is reported */
async function promtool(args: readonly string[], checks: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)('promtool', [...args])).stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') {
      reportMissingTool('promtool', checks);
      return undefined;
    }
    return assert.fail(`${String(stdout)}${String(stderr)}`);
  }
}

test('the alerts fire when they should, and not otherwise', async () => {
  const said = await promtool(['test', 'rules', RULES_TEST_FILE], 'whether the alerts fire');
  if (said !== undefined) assert.match(said, /SUCCESS/);
});

test('Prometheus reads the alerts and every query of the dashboard', async (t) => {
  const rules = readPanels().map(({ expr }, index) => ({
    record: `panel_${index}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }));
  const file = join(temporaryFolder(t), 'panels.yml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  const said = await promtool(['check', 'rules', RULES_FILE, file], 'whether Prometheus reads alerts and dashboard');
  if (said !== undefined) assert.match(said, new RegExp(`SUCCESS: ${rules.length} rules found`));
});
