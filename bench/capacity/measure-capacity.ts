import { atOnce } from '../measure.ts';
import type { Engine } from '../engine.ts';
import { startPeer } from '../peer.ts';
import { cpuMs } from '../process-usage.ts';
import { startOurs } from '../processes.ts';
import { CONCURRENCY, TEXT } from '../workload.ts';
import { type Step, stepLoad } from './step-load.ts';

/** What one machine does with one store. CPU is in milliseconds a run. */
export interface Capacity {
  readonly about: string;
  /** At 32 open. */
  readonly perSecond: number;
  readonly engineCpuMs: number;
  readonly processCpuMs: number;
  readonly steps: readonly Step[];
}

export interface CapacityScale {
  readonly warmUp: number;
  readonly runs: number;
  readonly rates: readonly number[];
  readonly seconds: number;
}

/** Takes runs at full speed, then at rising rates, through ingress and worker in one process. */
export async function measureCapacity(
  engine: Engine,
  folder: string,
  scale: CapacityScale,
  told: (line: string) => void,
): Promise<Capacity> {
  const server = await engine.startOurs();
  const peer = await startPeer();
  try {
    const taskQueue = 'capacity';
    const ours = await startOurs({ temporal: server.env, agentUrl: peer.url, folder, taskQueue, command: 'start' });
    const whole = async (): Promise<void> => {
      await peer.callbackOf(await ours.post({ text: TEXT, callback_url: `${peer.url}/callback` }));
    };
    try {
      await atOnce(scale.warmUp, CONCURRENCY, whole);
      const before = { engine: server.cpuMs(), process: cpuMs(ours.pid), at: performance.now() };
      await atOnce(scale.runs, CONCURRENCY, whole);
      const perSecond = (scale.runs * 1000) / (performance.now() - before.at);
      const engineCpuMs = (server.cpuMs() - before.engine) / scale.runs;
      const processCpuMs = (cpuMs(ours.pid) - before.process) / scale.runs;
      told(`${perSecond.toFixed(1)} runs a second at ${CONCURRENCY} open`);
      return { about: engine.about, perSecond, engineCpuMs, processCpuMs, steps: await stepLoad(whole, scale, told) };
    } finally {
      await ours.stop();
    }
  } finally {
    peer.close();
    await server.stop();
  }
}
