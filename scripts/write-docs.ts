/**
 * Writes the pages of `docs/`, and the dashboard, that are made from the code: `tsx scripts/write-docs.ts`. With `--check` it writes nothing,
 * and exit code 1 names every page that is not what the code says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { renderCliDocs } from '../src/cli/render-cli-docs.ts';
import { renderAgentFaultsPage } from './docs/agent-faults-page.ts';
import { renderAgentsPage } from './docs/agents-page.ts';
import { renderConfigurationPage } from './docs/configuration-page.ts';
import { buildOpenApi } from '../src/protocol/openapi.ts';
import { renderGrafanaDashboard } from './docs/grafana-dashboard.ts';
import { renderMetricsPage } from './docs/metrics-page.ts';
import { renderReliabilityPage } from './docs/reliability-page.ts';
import { renderSourcesPage } from './docs/sources-page.ts';
import { renderTemporalUiPage } from './docs/temporal-ui-page.ts';
import { renderProblemsPage } from './docs/problems-page.ts';

/** A page and the program that makes it. */
interface Page {
  readonly file: string;
  readonly render: () => string;
}

/** A new page: one row here. */
export const PAGES: readonly Page[] = [
  { file: 'deploy/grafana/garudust-temporal.json', render: renderGrafanaDashboard },
  { file: 'docs/agents.md', render: renderAgentsPage },
  { file: 'docs/agents/faults.md', render: renderAgentFaultsPage },
  { file: 'docs/cli.md', render: renderCliDocs },
  { file: 'docs/configuration.md', render: renderConfigurationPage },
  { file: 'docs/metrics.md', render: renderMetricsPage },
  { file: 'docs/openapi.json', render: () => JSON.stringify(buildOpenApi({ endpointPath: '/invoke' })) },
  { file: 'docs/problems.md', render: renderProblemsPage },
  { file: 'docs/reliability.md', render: renderReliabilityPage },
  { file: 'docs/sources.md', render: renderSourcesPage },
  { file: 'docs/temporal-ui.md', render: renderTemporalUiPage },
];

/** The text of a page as it is committed: formatted as everything else in the repository. */
export async function renderPage({ file, render }: Page): Promise<string> {
  return format(render(), { ...(await resolveConfig(file)), filepath: file });
}

/** Whether a file is what its page renders. */
export async function isCurrent(page: Page): Promise<boolean> {
  const text = await renderPage(page);
  try {
    return readFileSync(page.file, 'utf8') === text;
  } catch {
    return false;
  }
}

async function main(check: boolean): Promise<void> {
  for (const page of PAGES) {
    if (await isCurrent(page)) continue;
    if (check) {
      process.stderr.write(
        `${page.file} is not what the code says: run "npx tsx scripts/write-docs.ts" and commit it.\n`,
      );
      process.exitCode = 1;
    } else {
      writeFileSync(page.file, await renderPage(page));
      process.stdout.write(`wrote ${page.file}\n`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(process.argv.includes('--check'));
