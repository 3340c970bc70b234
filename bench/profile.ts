/**
 * `npm run bench:profile [-- --quick]`: what the process of ours spends on a run, by thread and by who wrote the code, beside one
 * that is written by hand. Prints Markdown; docs/benchmarks/process.md explains it. Shares are those of CPU profiles, milliseconds those of /proc.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { markdownTable } from '../scripts/docs/markdown-table.ts';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { atOnce } from './measure.ts';
import { startPeer } from './peer.ts';
import { startHandwritten, startOurs, type WebhookProcess } from './processes.ts';
import { readProfile, type Span, type Spent } from './profile/read-profile.ts';
import { type ThreadUsage, threadUsage } from './profile/thread-usage.ts';
import { machine } from './report.ts';
import { startOurServer } from './servers.ts';
import { CONCURRENCY, TEXT } from './workload.ts';

const PAGE = 'docs/benchmarks/process.md';
const FIGURES = /(?<=<!-- figures of npm run bench:profile -->\n).*(?=<!-- end of figures -->)/s;
const quick = process.argv.includes('--quick');
const RUNS = quick ? 100 : 400;
const WARM_UP = RUNS / 2;
const LEAST_MS = 0.05;
/** Takes the time limit from the SDK's calls into the context of workflows, for each of which Node starts a thread that watches it. */
const WITHOUT_WATCHDOG = `data:text/javascript,${encodeURIComponent(`
  import vm from 'node:vm';
  const { runInContext } = vm.Script.prototype;
  vm.Script.prototype.runInContext = function (context, { timeout, ...options } = {}) {
    return runInContext.call(this, context, options);
  };`)}`;

/** CPU in milliseconds a run. */
interface Profile {
  readonly threads: ReadonlyMap<string, number>;
  readonly byAuthor: ReadonlyMap<string, number>;
  readonly onBehalfOf: ReadonlyMap<string, number>;
  readonly byFunction: ReadonlyMap<string, number>;
}

/** The process that takes webhooks is one, and is begun with these options of Node. */
type Start = (nodeArgs: readonly string[]) => Promise<WebhookProcess>;

const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-profile-'));
const cli = await findTemporalCli({ env: process.env });
const server = await startOurServer(cli.path, folder);
const peer = await startPeer();
try {
  const { env: temporal } = server;
  const start: Start = (nodeArgs) =>
    startOurs({ temporal, agentUrl: peer.url, taskQueue: 'ours', folder, command: 'start', nodeArgs });
  const ours = await profile('ours', start);
  const unwatched = await profile('unwatched', (nodeArgs) => start(['--import', WITHOUT_WATCHDOG, ...nodeArgs]));
  const byHand = await profile('by-hand', (nodeArgs) => startHandwritten(temporal, peer.url, { nodeArgs }));
  const sides = [ours, unwatched, byHand];
  const parts = [
    ['By thread', 'threads'],
    ['JavaScript, by who wrote what ran', 'byAuthor'],
    ['JavaScript, by the nearest caller that is neither Node nor V8', 'onBehalfOf'],
    ['JavaScript, by function', 'byFunction'],
  ] as const;
  const [threads, byAuthor, onBehalfOf, byFunction] = parts.map(
    ([title, part]) => `### ${title}\n\n${tableOf(sides.map((side) => side[part]))}`,
  );
  const where = `${RUNS} runs at ${CONCURRENCY} open.\n\n${machine(cli.version)}`;
  const figures = [threads, byAuthor, onBehalfOf, where].join('\n\n');
  process.stdout.write(`${figures}\n\n${byFunction}\n`);
  if (!quick) await writeInto(PAGE, figures);
} finally {
  peer.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

/** Takes its CPU, then its profile, which costs CPU by itself: the shares of the second are applied to the first. */
async function profile(name: string, start: Start): Promise<Profile> {
  const into = join(folder, name);
  mkdirSync(into);
  const { before, after } = await load(await start([]));
  const profiled = await load(await start(['--cpu-prof', `--cpu-prof-dir=${into}`, '--cpu-prof-interval=500']));
  return toProfile(readThreads(into, profiled.pid, profiled.span), before, after);
}

/** The rest of the page is written by hand. */
async function writeInto(page: string, figures: string): Promise<void> {
  const text = readFileSync(page, 'utf8').replace(FIGURES, () => `\n${figures}\n\n`);
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }));
  process.stdout.write(`\nwritten to ${page}\n`);
}

/** Warms one up, lets runs go through it, and ends it. */
async function load(
  taker: WebhookProcess,
): Promise<{ readonly pid: number; readonly span: Span; readonly before: ThreadUsage; readonly after: ThreadUsage }> {
  const whole = async (): Promise<void> => {
    await peer.callbackOf(await taker.post({ text: TEXT, callback_url: `${peer.url}/callback` }));
  };
  await atOnce(WARM_UP, CONCURRENCY, whole);
  const before = threadUsage(taker.pid);
  const from = monotonicMicros();
  await atOnce(RUNS, CONCURRENCY, whole);
  const span = { from, to: monotonicMicros() };
  const after = threadUsage(taker.pid);
  await taker.end();
  return { pid: taker.pid, span, before, after };
}

/** The clock that V8 stamps samples with. */
function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Thread 0 is the main one; of the others that run JavaScript the busiest is the workflow thread. */
function readThreads(into: string, pid: number, span: Span): { main: Spent; workflow: Spent } {
  const spent = readdirSync(into).flatMap((file) => {
    const [, ofPid, thread] = /^CPU\.\d+\.\d+\.(\d+)\.(\d+)\./.exec(file) ?? [];
    return Number(ofPid) === pid ? [[Number(thread), readProfile(join(into, file), span)] as const] : [];
  });
  const main = spent.find(([thread]) => thread === 0)?.[1];
  const workflow = spent
    .filter(([thread]) => thread !== 0)
    .map(([, each]) => each)
    .toSorted((one, other) => other.total - one.total)[0];
  if (main === undefined || workflow === undefined) throw new Error(`no profiles of ${pid} in ${into}`);
  return { main, workflow };
}

function toProfile(spent: { main: Spent; workflow: Spent }, before: ThreadUsage, after: ThreadUsage): Profile {
  const used = [...after.others].map(([tid, ms]) => ms - (before.others.get(tid) ?? 0)).toSorted((a, b) => b - a);
  const [workflow = 0, ...rest] = used;
  const main = after.main - before.main;
  const core = after.core - before.core;
  const living = rest.reduce((sum, each) => sum + each, 0);
  const all = after.all - before.all;
  const threads = {
    main,
    'workflow thread': workflow,
    "the SDK's core (Rust)": core,
    "V8's and libuv's helpers": living,
    'threads that ended meanwhile (watchdogs)': all - main - workflow - core - living,
    all,
  };
  const merged = (part: 'byAuthor' | 'onBehalfOf' | 'byFunction'): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const [label, each, cpu] of [
      ['main', spent.main, main],
      ['workflow thread', spent.workflow, workflow],
    ] as const) {
      for (const [what, micros] of each[part]) sums.set(`${label}: ${what}`, ((micros / each.total) * cpu) / RUNS);
    }
    return sums;
  };
  return {
    threads: new Map(Object.entries(threads).map(([what, ms]) => [what, ms / RUNS])),
    byAuthor: merged('byAuthor'),
    onBehalfOf: merged('onBehalfOf'),
    byFunction: merged('byFunction'),
  };
}

function tableOf(sides: readonly ReadonlyMap<string, number>[]): string {
  const names = [...new Set(sides.flatMap((side) => [...side.keys()]))]
    .filter((name) => sides.some((side) => (side.get(name) ?? 0) >= LEAST_MS))
    .toSorted((one, other) => (sides[0]?.get(other) ?? 0) - (sides[0]?.get(one) ?? 0));
  return markdownTable(
    ['CPU, ms a run', 'ours', 'ours, no watchdogs', 'by hand'],
    names.map((name) => [name, ...sides.map((side) => (side.get(name) ?? 0).toFixed(2))]),
  );
}
