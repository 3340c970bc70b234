import { compareRuns, pairUp, type RunFigures } from './compare-runs.ts';
import type { Peer } from './peer.ts';
import { type MinimalProcess, type OurProcess, startHandwritten, startMinimal } from './processes.ts';
import { minimalSide, webhookSide } from './run-side.ts';
import type { Scale } from './scale.ts';
import type { BenchServer } from './servers.ts';

/** Whole runs of ours against each of the others, all from the same rounds. */
export interface WholeRuns {
  /** The minimal workflow, started as ours is. */
  readonly equal: RunFigures;
  /** A process that somebody would write by hand. */
  readonly alike: RunFigures;
  /** A workflow that does nothing at all. */
  readonly floor: RunFigures;
  /** The minimal workflow by the SDK's defaults, on a server with its own. */
  readonly shipped: RunFigures | undefined;
}

interface Options {
  readonly server: BenchServer;
  readonly ours: OurProcess;
  readonly minimal: MinimalProcess;
  readonly peer: Peer;
  readonly scale: Scale;
  /** Starts a server as shipped, where there is to be one. */
  readonly startShipped?: () => Promise<BenchServer>;
}

/** Lets all sides take turns in one run. Ends the processes that it starts. */
export async function measureWholeRuns(options: Options): Promise<WholeRuns> {
  const { server, ours, minimal, peer, scale, startShipped } = options;
  const byHand = await startHandwritten(server.env, peer.url);
  const other = await startShipped?.();
  const plain = other && (await startMinimal(other.env, 'plain'));
  try {
    const sides = {
      ours: webhookSide(server, ours, peer),
      minimal: minimalSide(server, minimal),
      byHand: webhookSide(server, byHand, peer),
      empty: minimalSide(server, minimal, 'empty'),
    };
    const runs =
      other === undefined || plain === undefined
        ? { ...(await compareRuns(sides, scale)), shipped: undefined }
        : await compareRuns({ ...sides, shipped: minimalSide(other, plain) }, scale);
    return {
      equal: pairUp(runs.ours, runs.minimal),
      alike: pairUp(runs.ours, runs.byHand),
      floor: pairUp(runs.ours, runs.empty),
      shipped: runs.shipped && pairUp(runs.ours, runs.shipped),
    };
  } finally {
    await Promise.all([byHand.stop(), plain?.stop()]);
    await other?.stop();
  }
}
