/**
 * `npm run soak -- --minutes 20`: steady runs on a dev server; samples memory and open handles of every process and
 * judges by their slope over the second half. Exit code 1 when ours grow.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../src/cli/temporal-server/find-temporal-cli.ts';
import { atRate, slope } from './measure.ts';
import { startPeer } from './peer.ts';
import { openHandles, residentMiB } from './process-usage.ts';
import { startOurs } from './processes.ts';
import { startOurServer } from './servers.ts';

const RATE = 10;
const SAMPLE_MS = 5000;
/** What a process may grow by in an hour: heaps breathe by more than this within minutes, so short soaks say little. */
const MAX_MIB_AN_HOUR = 60;
const MAX_HANDLES_AN_HOUR = 30;

interface Sample {
  readonly hours: number;
  readonly memory: number;
  readonly handles: number;
}

const minutes = Number(process.argv[process.argv.indexOf('--minutes') + 1] ?? Number.NaN);
if (!(minutes > 0)) {
  process.stderr.write('usage: npm run soak -- --minutes 20\n');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-soak-'));
const cli = await findTemporalCli({ env: process.env });
const server = await startOurServer(cli.path, folder);
const peer = await startPeer();
const common = { temporal: server.env, agentUrl: peer.url, taskQueue: 'soak', folder };
const ingress = await startOurs({ ...common, command: 'ingress' });
const worker = await startOurs({ ...common, command: 'worker' });
const watched = { ingress: ingress.pid, worker: worker.pid, 'Temporal server': server.pid };
const samples = new Map<string, Sample[]>(Object.keys(watched).map((name) => [name, []]));

const began = performance.now();
let runs = 0;
const sampling = setInterval(() => {
  const hours = (performance.now() - began) / 3_600_000;
  const now = Object.entries(watched).map(([name, pid]) => {
    const sample = { hours, memory: residentMiB(pid), handles: openHandles(pid) };
    samples.get(name)?.push(sample);
    return `${name} ${sample.memory.toFixed(0)} MiB, ${sample.handles} handles`;
  });
  process.stdout.write(`${(hours * 60).toFixed(1).padStart(5)} min  ${runs} runs  ${now.join('   ')}\n`);
}, SAMPLE_MS);
await atRate(RATE, minutes * 60, async () => {
  const id = await ingress.post({ text: 'Say hello', callback_url: `${peer.url}/callback` });
  await peer.callbackOf(id);
  runs += 1;
});
clearInterval(sampling);

let grows = false;
process.stdout.write(`\n${runs} runs in ${minutes} minutes; slopes over the second half:\n`);
for (const [name, all] of samples) {
  const half = all.slice(Math.floor(all.length / 2));
  const memory = slope(half.map(({ hours, memory: value }) => [hours, value]));
  const handles = slope(half.map(({ hours, handles: value }) => [hours, value]));
  const isOurs = name !== 'Temporal server';
  const bad = isOurs && (memory > MAX_MIB_AN_HOUR || handles > MAX_HANDLES_AN_HOUR);
  grows ||= bad;
  const verdict = isOurs ? (bad ? 'GROWS' : 'steady') : 'not judged';
  process.stdout.write(
    `${name.padEnd(16)}${memory.toFixed(1).padStart(8)} MiB/h${handles.toFixed(1).padStart(8)} handles/h  ${verdict}\n`,
  );
}
await Promise.all([ingress.stop(), worker.stop()]);
peer.close();
await server.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(grows ? 1 : 0);
