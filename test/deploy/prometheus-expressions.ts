import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { renderGrafanaDashboard } from '../../scripts/docs/grafana-dashboard.ts';

/** An alert or a panel with what it asks Prometheus. */
export interface Expression {
  readonly name: string;
  readonly expr: string;
}

export const RULES_FILE = fileURLToPath(new URL('../../deploy/prometheus/rules.yml', import.meta.url));
export const RULES_TEST_FILE = fileURLToPath(new URL('prometheus-rules.yml', import.meta.url));

/** The alerts of `deploy/prometheus/rules.yml`. */
export function readAlerts(): Expression[] {
  const { groups } = parse(readFileSync(RULES_FILE, 'utf8')) as {
    groups: readonly { rules: readonly { alert: string; expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ name: alert, expr })));
}

/** The queries of the dashboard. */
export function readPanels(): Expression[] {
  const { panels } = JSON.parse(renderGrafanaDashboard()) as {
    panels: readonly { title: string; targets?: readonly { expr: string; legendFormat: string }[] }[];
  };
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ name: title, expr })));
}
