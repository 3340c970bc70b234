import { type Command, Option } from 'commander';
import { listedStatus, type RunFilter, type RunList } from '../../protocol/run-list.ts';
import { callbackStatus, type RunResource } from '../../protocol/run-resource.ts';
import { type ApiClient, connectApi } from '../api-client.ts';
import { type CliIo, colorsFor } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { collectEntries, parseListLimit, parseSince } from '../flag-values.ts';
import { printJson } from '../report-outcome.ts';
import { addUrlOption } from '../server-url.ts';
import { showRuns } from '../show/show-runs.ts';

const DEFAULT_LIMIT = 20;
const MAX_PAGE = 100;
/** Where stdout is no terminal. */
const DEFAULT_COLUMNS = 80;
/** A filter may leave pages nearly empty: so many are asked for at most. */
const MAX_PAGES = 10;

interface ListFlags {
  readonly url?: string;
  readonly json?: boolean;
  readonly limit?: number;
  readonly status?: RunFilter['status'];
  readonly callback?: RunFilter['callback'];
  readonly source?: string;
  readonly agent?: string;
  readonly workflow?: string;
  readonly session?: string;
  readonly user?: string;
  readonly metadata?: string[];
  readonly deliveryId?: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
}

/** `runs list`. */
export function addRunsList(runs: Command, io: CliIo): void {
  const command = runs
    .command('list')
    .summary('list your runs')
    .description('List your runs: open runs first, by latest start, then closed ones, by latest end.')
    .addOption(new Option('--status <status>', 'only runs with this status').choices(listedStatus.options))
    .addOption(
      new Option('--callback <status>', 'only runs whose callback has this status').choices(callbackStatus.options),
    )
    .option('--source <name>', 'only runs of this source: webhook, or a configured one')
    .option('--agent <name>', 'only runs of this agent')
    .option('--workflow <name>', 'only runs of this workflow')
    .option('--session <key>', 'only runs of this conversation')
    .option('--user <id>', 'only runs for this user')
    .option('--metadata <name=value>', 'only runs with this entry; repeat it for several', collectEntries)
    .option('--delivery-id <id>', 'only the run of this delivery, such as its Idempotency-Key')
    .option('--created-after <time>', 'only runs since, a duration such as 2h or an ISO 8601 time', parseSince)
    .option('--created-before <time>', 'only runs before, a duration such as 2h or an ISO 8601 time', parseSince)
    .option('--limit <number>', `maximum number of runs, up to 1000 (default: ${DEFAULT_LIMIT})`, parseListLimit);
  addUrlOption(command)
    .option('--json', 'print the runs as JSON')
    .action((flags: ListFlags) => list(flags, io));
  setNotes(command, {
    more: [
      'A queued run is listed as running, a paused one as paused. The list lags by some tenths of a second; `runs get` is exact.',
    ],
    environment: ['GARUDUST_TEMPORAL_URL', 'RUNS_API_KEY'],
    exits: ['ok', 'usage', 'unavailable', 'refused', 'interrupted'],
    examples: [
      ['garudust-temporal runs list', 'the latest runs'],
      ['garudust-temporal runs list --callback dead', 'dead letters, which can be redelivered'],
      [
        'garudust-temporal runs list --metadata environment=production --created-after 24h',
        'what your pipeline sent today',
      ],
      ['garudust-temporal runs list --status failed --limit 100 --json', 'for a script'],
    ],
  });
}

async function list(flags: ListFlags, io: CliIo): Promise<void> {
  const found = await collect(connectApi(flags, io), toFilter(flags), flags.limit ?? DEFAULT_LIMIT);
  if (flags.json === true) {
    printJson(found, io);
    return;
  }
  const { runs } = found;
  if (runs.length > 0) {
    const colors = colorsFor(io.stdout, io.env);
    io.stdout.write(`${showRuns(runs, { now: Date.now(), colors, columns: io.stdout.columns || DEFAULT_COLUMNS })}\n`);
  }
  if (found.next_cursor !== null) io.stderr.write('There may be more runs: raise --limit.\n');
  else if (runs.length === 0) io.stderr.write('No runs match.\n');
}

function toFilter(flags: ListFlags): RunFilter {
  const {
    status,
    callback,
    source,
    agent,
    workflow,
    session,
    user,
    metadata,
    deliveryId,
    createdAfter,
    createdBefore,
  } = flags;
  return {
    ...(status && { status }),
    ...(callback && { callback }),
    ...(source !== undefined && { source }),
    ...(agent !== undefined && { agent }),
    ...(workflow !== undefined && { workflow }),
    ...(session !== undefined && { session }),
    ...(user !== undefined && { user }),
    ...(metadata && { metadata }),
    ...(deliveryId !== undefined && { delivery_id: deliveryId }),
    ...(createdAfter !== undefined && { created_after: new Date(createdAfter).toISOString() }),
    ...(createdBefore !== undefined && { created_before: new Date(createdBefore).toISOString() }),
  };
}

async function collect(api: ApiClient, filter: RunFilter, limit: number): Promise<RunList> {
  const runs: RunResource[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page: RunList = await api.listRuns(filter, Math.min(limit - runs.length, MAX_PAGE), cursor ?? undefined);
    runs.push(...page.runs);
    cursor = page.next_cursor;
    pages += 1;
  } while (cursor !== null && runs.length < limit && pages < MAX_PAGES);
  return { runs, next_cursor: cursor };
}
