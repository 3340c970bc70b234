import { Connection, type ConnectionOptions } from '@temporalio/client';
import { aborted, pause } from '../timing/until.ts';

/** `connectivityState` of grpc-js. */
const STATE = { ready: 2, transientFailure: 3 } as const;
/** How long grpc-js waits before it connects again. Its own minimum is 1 s, its maximum 2 min. */
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 1000 } as const;
const LOOK_MS = 60_000;
/** A connection that ends this soon was never one: a proxy takes it, and has nothing behind it. */
const FLAPPING_MS = 1000;
const PAUSE_MS = 100;

/** A connection that knows whether it is connected. It makes no calls. */
class WatchedConnection extends Connection {
  state(): number {
    return this.client.getChannel().getConnectivityState(true);
  }

  /** Resolves when the state is another, or after a minute. */
  changed(): Promise<void> {
    const channel = this.client.getChannel();
    const from = channel.getConnectivityState(false);
    return new Promise((resolve) => channel.watchConnectivityState(from, Date.now() + LOOK_MS, () => resolve()));
  }
}

/**
 * Calls `onReturn` each time Temporal can be reached again after it could not: the server or the network was away. A server that closes
 * a connection in good order, and takes the next one, does not count. Costs one idle connection, and no calls.
 */
export async function watchReturns(
  options: ConnectionOptions,
  onReturn: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const channelArgs = { ...options.channelArgs, ...RECONNECT };
  const connection = WatchedConnection.lazy({ ...options, channelArgs, interceptors: [] }) as WatchedConnection;
  const over = aborted(signal);
  let wasAway = false;
  let readyAt: number | undefined;
  while (!signal.aborted) {
    const state = connection.state();
    if (state === STATE.ready) {
      readyAt ??= performance.now();
      await Promise.race([connection.changed(), over, ...(wasAway ? [pause(FLAPPING_MS / 4, signal)] : [])]);
      if (!wasAway || connection.state() !== STATE.ready) continue;
      wasAway = false;
      await Promise.race([onReturn(), over]);
    } else {
      wasAway ||= state === STATE.transientFailure || performance.now() - (readyAt ?? -Infinity) < FLAPPING_MS;
      readyAt = undefined;
      await Promise.race([connection.changed(), over]);
      await pause(PAUSE_MS, signal);
    }
  }
  await connection.close();
}
