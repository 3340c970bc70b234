import { setTimeout as sleep } from 'node:timers/promises';
import { joinLoads, judgeLoad, type LoadFigures } from './judge-load.ts';
import { type Load, LoadSender } from './send-load.ts';
import { startPeer } from './start-peer.ts';
import { type BenchPlan, startProcess } from './start-process.ts';

/** How many runs end while far more come than can be done. */
export interface Ends {
  /** Completed runs a second at the peak, and in the storm. */
  readonly peak: readonly number[];
  readonly storm: readonly number[];
  /** Completed in a storm by completed at the peaks before and after it, round by round. */
  readonly ratios: readonly number[];
  /** What the senders of the storms saw. */
  readonly load: LoadFigures;
  /** Accepted runs that had not ended so long after the last storm. */
  readonly lost: number;
}

export const OPEN_AT_PEAK = 32;
export const SENDERS = 160;
export const ENDS = { rounds: 5, stormMs: 12_000, warmUpMs: 4000, peakMs: 6000 };
export const QUICK_ENDS: typeof ENDS = { rounds: 1, stormMs: 3000, warmUpMs: 1000, peakMs: 2000 };
const MAX_DRAIN_MS = 120_000;
const POLL_MS = 50;

/** Storms between peaks. Each accepted run has ended before the next measurement begins. */
export async function measureEnds(
  plan: Omit<BenchPlan, 'agentUrl'>,
  { rounds, stormMs, warmUpMs, peakMs }: typeof ENDS,
  told: (line: string) => void,
): Promise<Ends> {
  const peer = await startPeer();
  const started = await startProcess({ ...plan, agentUrl: peer.url });
  const sender = new LoadSender(started.url, plan.secrets, `${peer.url}/callback`);
  let accepted = 0;
  /** Completed a second while `senders` are busy, and what they saw. */
  const during = async (ms: number, senders: Promise<Load>): Promise<readonly [number, Load]> => {
    const [before, began] = [peer.ended(), performance.now()];
    await sleep(ms);
    const rate = ((peer.ended() - before) * 1000) / (performance.now() - began);
    const load = await senders;
    accepted += load.answers.filter(({ status }) => status === 202).length;
    for (const end = performance.now() + MAX_DRAIN_MS; performance.now() < end; await sleep(POLL_MS)) {
      if (peer.ended() >= accepted) break;
    }
    return [rate, load];
  };
  const wholeRuns = (ms: number): Promise<readonly [number, Load]> =>
    during(
      ms,
      sender.keepBusy(OPEN_AT_PEAK, ms, (runId) => peer.callbackOf(runId)),
    );
  try {
    await wholeRuns(warmUpMs);
    const peak = [(await wholeRuns(peakMs))[0]];
    const storms: (readonly [number, Load])[] = [];
    for (let round = 0; round < rounds; round += 1) {
      storms.push(await during(stormMs, sender.keepBusy(SENDERS, stormMs)));
      peak.push((await wholeRuns(peakMs))[0]);
      told(`${plan.commands.join(' + ')}: ${peak.at(-2)?.toFixed(1)}, storm ${storms.at(-1)?.[0].toFixed(1)}`);
    }
    const storm = storms.map(([rate]) => rate);
    return {
      peak,
      storm,
      ratios: storm.map((rate, round) => (2 * rate) / ((peak[round] ?? Number.NaN) + (peak[round + 1] ?? Number.NaN))),
      load: judgeLoad(joinLoads(storms.map(([, load]) => load))),
      lost: accepted - peer.ended(),
    };
  } finally {
    sender.close();
    await started.stop();
    peer.close();
  }
}
