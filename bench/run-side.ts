import { atOnce, atRate } from './measure.ts';
import type { Peer } from './peer.ts';
import type { MinimalProcess, WebhookProcess } from './processes.ts';
import type { BenchServer } from './servers.ts';
import { TEXT } from './workload.ts';

/** One of the two whose whole runs are compared. */
export interface RunSide {
  readonly server: BenchServer;
  /** The process of client and worker, whose CPU is taken. */
  readonly pid: number;
  /** Takes so many runs to their ends, so many at once. */
  readonly closed: (count: number, concurrency: number) => Promise<unknown>;
  /** Begins runs at a rate; how long each took, in milliseconds. */
  readonly open: (perSecond: number, seconds: number) => Promise<readonly number[]>;
}

/** Ours or a handwritten one, from the webhook to the callback at its receiver. */
export function webhookSide(server: BenchServer, taker: WebhookProcess, peer: Peer): RunSide {
  const whole = async (): Promise<void> => {
    const id = await taker.post({ text: TEXT, callback_url: `${peer.url}/callback` });
    await peer.callbackOf(id);
  };
  return {
    server,
    pid: taker.pid,
    closed: (count, concurrency) => atOnce(count, concurrency, whole),
    open: (perSecond, seconds) => atRate(perSecond, seconds, whole),
  };
}

/** The minimal workflow, or another one of its process, from its start to its result. */
export function minimalSide(
  server: BenchServer,
  minimal: MinimalProcess,
  workflow: 'minimal' | 'empty' = 'minimal',
): RunSide {
  return {
    server,
    pid: minimal.pid,
    closed: (count, concurrency) => minimal.order({ do: 'closed', workflow, count, concurrency }),
    open: (perSecond, seconds) => minimal.order({ do: 'open', workflow, perSecond, seconds }),
  };
}
