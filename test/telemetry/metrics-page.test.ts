import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMetricsPage } from '../../scripts/docs/metrics-page.ts';
import { isCurrent, PAGES } from '../../scripts/write-docs.ts';
import { METRICS } from '../../src/telemetry/metrics-table.ts';

test('the committed page is what the table says', async () => {
  const page = PAGES.find(({ file }) => file === 'docs/metrics.md');
  assert.ok(page && (await isCurrent(page)), 'run "npx tsx scripts/write-docs.ts" and commit docs/metrics.md');
});

test('every metric stands on it with its help', () => {
  const page = renderMetricsPage();
  for (const { name, help } of Object.values(METRICS)) {
    assert.ok(page.includes(`| \`${name}\` |`) && page.includes(help), name);
  }
});

test('names are those of Prometheus: counters end in _total, durations in _seconds', () => {
  for (const { name, type } of Object.values(METRICS)) {
    assert.match(name, /^garudust_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    // A gauge may be a duration too, such as an age.
    if (type !== 'gauge') assert.equal(name.endsWith('_seconds'), type === 'histogram', name);
  }
});
