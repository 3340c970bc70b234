/**
 * What strangers without a key can do to the product, and what a genuine sender sees meanwhile: `npm run test:hostile`.
 * Temporal, ingress, worker and attacker are processes of their own; memory and CPU are the ingress's. Loopback only, three
 * minutes; names of attacks as arguments play these alone. Exit code 1 when a bound of `judge-hostile.ts` does not hold. A
 * machine that is busy with something else is not judged, which is said.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { startDevServer } from '../../src/cli/temporal-server/start-dev-server.ts';
import { type ProductProcess, startProduct } from '../support/product-process.ts';
import { ATTACKS, type Target } from './attacks.ts';
import { type GenuineClient, GenuineSender } from './genuine-sender.ts';
import { BUSY_P99_MS, findBroken, headLine, type Measured, rowLine } from './judge-hostile.ts';

const CLIENTS = 50;
const WARM_UP_MS = 4000;
const CALM_MS = 8000;
const ATTACK_MS = 15_000;
const PAUSE_MS = 2000;
const SAMPLE_MS = 200;
/** Names of attacks; none: all of them. */
const chosen = process.argv.slice(2);
const ATTACKER = fileURLToPath(new URL('attacker.ts', import.meta.url));

const secret = (): string => randomBytes(20).toString('hex');
const clients: readonly GenuineClient[] = Array.from({ length: CLIENTS }, (_, index) => ({
  id: `client-${index + 1}`,
  secret: secret(),
}));
const settings = {
  clients: clients.map(({ id, secret: webhookSecret }) => ({
    id,
    webhook_secret: webhookSecret,
    rate_limit: '100000/s',
  })),
  agents: { demo: { type: 'demo' } },
  sources: {
    github: { preset: 'github', secret: secret(), client: 'client-1', body_limit: '25MiB' },
    stripe: { preset: 'stripe', secret: secret(), client: 'client-1' },
  },
  log: { level: 'silent' },
};

/** Runs that ended, as far as the worker's metrics tell. */
async function readAnswered({ adminUrl }: ProductProcess): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^garudust_agent_attempts_total\{[^}]*outcome="answered"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
}

/** Measures the product while the genuine sender sends. */
async function measure(
  what: string,
  isJudged: boolean,
  product: ProductProcess,
  sending: Promise<{ sent: number; refused: number; p50: number; p99: number }>,
): Promise<Measured> {
  const [began, before] = [performance.now(), product.usage()];
  let mebibytes = before.mebibytes;
  const sampling = setInterval(() => (mebibytes = Math.max(mebibytes, product.usage().mebibytes)), SAMPLE_MS);
  const seen = await sending;
  clearInterval(sampling);
  const cores = (product.usage().cpuSeconds - before.cpuSeconds) / ((performance.now() - began) / 1000);
  return { what, ...seen, mebibytes, cores, isJudged };
}

async function play(
  name: string,
  product: ProductProcess,
  worker: ProductProcess,
  sender: GenuineSender,
): Promise<Measured> {
  const { what = name, isJudged = false } = ATTACKS[name] ?? {};
  const target: Target = { url: product.url, port: product.port, secret: clients[0]?.secret ?? '' };
  const args = [
    '--import',
    import.meta.resolve('tsx'),
    ATTACKER,
    name,
    String(ATTACK_MS / 1000),
    JSON.stringify(target),
  ];
  const attacker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(attacker, 'exit');
  await once(attacker.stdout, 'data');
  const answeredBefore = await readAnswered(worker).catch(() => 0);
  const measured = await measure(what, isJudged, product, sender.send(AbortSignal.timeout(ATTACK_MS - 500)));
  const answered = (await readAnswered(worker).catch(() => 0)) - answeredBefore;
  await ended;
  process.stdout.write(rowLine(measured));
  if (name === 'storm')
    process.stdout.write(`  runs that ended meanwhile: ${(answered / (ATTACK_MS / 1000)).toFixed(1)} a second\n`);
  return measured;
}

const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-hostile-'));
const { path: cliPath } = await findTemporalCli({ env: process.env });
const server = await startDevServer({ cliPath, databaseFile: join(folder, 'temporal.db'), headless: true });
try {
  const plan = { program: ['dist/cli/main.js'], folder, temporalAddress: server.address, settings };
  const worker = await startProduct({ ...plan, command: 'worker' });
  const product = await startProduct({ ...plan, command: 'ingress' });
  const sender = new GenuineSender(product.url, clients);
  try {
    await sender.send(AbortSignal.timeout(WARM_UP_MS));
    process.stdout.write(headLine());
    const calm = async (what: string): Promise<Measured> => {
      const measured = await measure(what, false, product, sender.send(AbortSignal.timeout(CALM_MS)));
      process.stdout.write(rowLine(measured));
      return measured;
    };
    const undisturbed = [await calm('nothing else')];
    const all: Measured[] = [];
    for (const name of Object.keys(ATTACKS).filter((one) => chosen.length === 0 || chosen.includes(one))) {
      // What happens after the storm says nothing about strangers.
      if (name === 'storm') undisturbed.push(await calm('nothing else, afterwards'));
      all.push(await play(name, product, worker, sender));
      await sleep(PAUSE_MS);
    }
    const broken = findBroken(all);
    const busy = undisturbed.filter(({ p99 }) => !(p99 < BUSY_P99_MS));
    if (busy.length > 0) {
      process.stdout.write(
        `\nNOT JUDGED: undisturbed, the p99 is ${busy.map(({ p99 }) => `${Math.round(p99)} ms`).join(' and ')} (load ${loadavg()[0]?.toFixed(1)}): the machine is too busy.\n`,
      );
    } else if (broken.length > 0) process.exitCode = 1;
    process.stdout.write(broken.length === 0 ? '\nAll bounds hold.\n' : `\n${broken.join('\n')}\n`);
  } finally {
    sender.close();
    await product.stop();
    await worker.stop();
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
