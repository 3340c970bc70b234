import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** An agent that answers at once, and a receiver that sees each run end. */
export interface Peer {
  readonly url: string;
  /** How many runs have ended. */
  ended(): number;
  /** Resolves when the callback of a run has come. */
  callbackOf(runId: string): Promise<void>;
  close(): void;
}

/** Starts both in a process of its own. */
export async function startPeer(): Promise<Peer> {
  const child = fork(fileURLToPath(new URL('peer-process.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(child, 'message')) as [number];
  const came = new Set<string>();
  const waiting = new Map<string, () => void>();
  child.on('message', (runId: string) => {
    came.add(runId);
    waiting.get(runId)?.();
    waiting.delete(runId);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    ended: () => came.size,
    callbackOf: (runId) =>
      came.has(runId) ? Promise.resolve() : new Promise((resolve) => waiting.set(runId, resolve)),
    close: () => child.disconnect(),
  };
}
