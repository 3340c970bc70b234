import { METRICS } from '../../src/telemetry/metrics-table.ts';
import { markdownTable } from './markdown-table.ts';

/** The page `docs/metrics.md`: every metric with its type and labels. */
export function renderMetricsPage(): string {
  const metrics = Object.values(METRICS);
  const rows = metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', ') || 'none',
    help,
  ]);
  const buckets = metrics.flatMap((metric) =>
    metric.type === 'histogram' ? [`- \`${metric.name}\`: ${metric.buckets.join(', ')}`] : [],
  );
  return `<!-- Written by scripts/write-docs.ts from src/telemetry/metrics-table.ts: change it there. -->

# Metrics

Ingress and worker show them at \`GET /metrics\` of the admin port (\`admin_port\`, 9090), in Prometheus' text format. Both
have all of them; what a process does not do stays at 0 or without a value. The process itself is measured as well:
\`process_*\` and \`nodejs_*\`. The Temporal SDK serves its own, \`temporal_*\`, where \`sdk_metrics_address\` says.

No label can be chosen by a caller. Values come from the configuration (\`client\`, \`agent\`, \`source\`) or from fixed tables, so
that the number of series is bounded. An agent or a client that is not configured is \`none\`, whatever a workflow names.

${markdownTable(['metric', 'type', 'labels', 'meaning'], rows)}

## Buckets

Upper bounds in seconds.

${buckets.join('\n')}
`;
}
