import type { Engine } from '../engine.ts';
import { startPeer } from '../peer.ts';
import { startOurs } from '../processes.ts';
import { TEXT } from '../workload.ts';

/** Runs around a `kill -9` of the worker, which a supervisor starts again at once. Moments are in seconds from the first run. */
export interface Recovery {
  readonly perSecond: number;
  readonly killedAt: number;
  /** When the new worker said that it is ready. */
  readonly readyAt: number;
  /** When each run was due and when its callback came, in the order of the callbacks. */
  readonly runs: readonly { readonly dueAt: number; readonly endedAt: number }[];
}

export interface RecoveryScale {
  readonly perSecond: number;
  readonly seconds: number;
  readonly killAfterSeconds: number;
}

/** Sends runs at a steady rate through an ingress and a worker in a process each, and kills the worker on the way. */
export async function measureRecovery(engine: Engine, folder: string, scale: RecoveryScale): Promise<Recovery> {
  const server = await engine.startOurs();
  const peer = await startPeer();
  const common = { temporal: server.env, agentUrl: peer.url, folder, taskQueue: 'recovery' };
  const startWorker = (): ReturnType<typeof startOurs> => startOurs({ ...common, command: 'worker', name: 'worker' });
  const [ingress, first] = await Promise.all([startOurs({ ...common, command: 'ingress' }), startWorker()]);
  let worker = first;
  try {
    const runs: { dueAt: number; endedAt: number }[] = [];
    await Promise.all(Array.from({ length: 20 }, () => run()));
    const began = performance.now();
    const now = (): number => (performance.now() - began) / 1000;
    async function run(dueAt?: number): Promise<void> {
      await peer.callbackOf(await ingress.post({ text: TEXT, callback_url: `${peer.url}/callback` }));
      if (dueAt !== undefined) runs.push({ dueAt, endedAt: now() });
    }
    const replaced = new Promise((resolve) => setTimeout(resolve, scale.killAfterSeconds * 1000)).then(async () => {
      const killedAt = now();
      await worker.stop();
      worker = await startWorker();
      return { killedAt, readyAt: now() };
    });
    const running: Promise<void>[] = [];
    for (let index = 0; index < scale.perSecond * scale.seconds; index += 1) {
      const dueAt = index / scale.perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, (dueAt - now()) * 1000)));
      running.push(run(dueAt));
    }
    await Promise.all(running);
    return { perSecond: scale.perSecond, ...(await replaced), runs };
  } finally {
    await Promise.all([ingress.stop(), worker.stop()]);
    peer.close();
    await server.stop();
  }
}
