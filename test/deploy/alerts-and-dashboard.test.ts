import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { METRICS } from '../../src/telemetry/metrics-table.ts';
import { type Expression, readAlerts, readPanels, RULES_TEST_FILE } from './prometheus-expressions.ts';

/** Labels that Prometheus adds, and that of a histogram. */
const OTHERS = ['job', 'instance', 'le'];

/** Each name of ours in an expression, with the labels that it uses them by. */
function usedBy({ expr }: Expression): { names: string[]; labels: string[] } {
  const names = [...expr.matchAll(/\bgarudust_[a-z_]+/g)].map(([name]) => name.replace(/_(?:bucket|count|sum)$/, ''));
  const selected = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, selector = '']) =>
    [...selector.matchAll(/(\w+)\s*[=!]~?"/g)].map(([, label = '']) => label),
  );
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
  return { names, labels: [...selected, ...grouped] };
}

for (const [kind, expressions] of Object.entries({ alerts: readAlerts(), panels: readPanels() })) {
  test(`the ${kind} ask for metrics and labels of the table`, () => {
    assert.ok(expressions.length >= 10);
    for (const expression of expressions) {
      const { names, labels } = usedBy(expression);
      assert.notEqual(names.length, 0, expression.name);
      const metrics = Object.values(METRICS).filter(({ name }) => names.includes(name));
      assert.equal(metrics.length, new Set(names).size, `${expression.name}: ${expression.expr}`);
      const known: readonly string[] = [...OTHERS, ...metrics.flatMap((metric) => metric.labels)];
      for (const label of labels) assert.ok(known.includes(label), `${expression.name}: ${label}`);
    }
  });
}

test('every metric of the table stands on the dashboard', () => {
  const shown = new Set(readPanels().flatMap((panel) => usedBy(panel).names));
  const missing = Object.values(METRICS).filter(({ name }) => !shown.has(name));
  assert.deepEqual(missing, []);
});

describe('every alert', () => {
  const alerts = readAlerts().map(({ name }) => name);

  test('stands in "What to watch" of the production page, and none that is not there', () => {
    const page = readFileSync('docs/production.md', 'utf8');
    const named = [...page.matchAll(/^\| `(Garudust\w+)`/gm)].map(([, name = '']) => name);
    assert.deepEqual(named.toSorted(), alerts.toSorted());
  });

  test('is tested to fire, and to stay silent', () => {
    const { tests } = parse(readFileSync(RULES_TEST_FILE, 'utf8')) as {
      tests: readonly { alert_rule_test: readonly { alertname: string; exp_alerts: readonly unknown[] }[] }[];
    };
    const cases = tests.flatMap((each) => each.alert_rule_test);
    for (const alert of alerts) {
      const fires = cases.filter(({ alertname }) => alertname === alert).map((each) => each.exp_alerts.length > 0);
      assert.ok(fires.includes(true) && fires.includes(false), alert);
    }
  });
});
