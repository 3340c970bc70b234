import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';

/** A connection to Temporal that is established as soon as Temporal can be reached. */
export interface TemporalLink {
  /** Undefined until the first connection; afterwards it reconnects by itself. */
  current(): NativeConnection | undefined;
  /** Resolves with the first connection; never rejects. */
  readonly connected: Promise<NativeConnection>;
  /** Stops connecting, or closes the connection. Nothing may use it any more. */
  close(): Promise<void>;
}

export interface ConnectTemporalOptions {
  /** As `loadClientConnectConfig` of the SDK's envconfig returns them. */
  readonly connectionOptions: NativeConnectionOptions;
  /** Gets one line for each new reason why there is no connection, and one when there is. */
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Pause between two attempts, in milliseconds. */
  readonly retryMs?: number;
}

const RETRY_MS = 1000;

/**
 * Starts connecting and returns at once, so that a process starts and stays up while Temporal is down.
 *
 * Without compression: a start is small, and gzip halves the rate at which they can be made.
 */
export function connectTemporal({
  connectionOptions,
  logger,
  retryMs = RETRY_MS,
}: ConnectTemporalOptions): TemporalLink {
  let connection: NativeConnection | undefined;
  let closed = false;
  let wake = (): void => undefined;
  const address = connectionOptions.address ?? 'localhost:7233';

  const attempt = async (): Promise<NativeConnection> => {
    let reason = '';
    for (;;) {
      try {
        const made = await NativeConnection.connect({ ...connectionOptions, grpcCompression: { codec: 'none' } });
        if (closed) {
          await made.close();
          return new Promise(() => undefined); // nobody waits any more
        }
        connection = made;
        logger.info({ address }, 'connected to Temporal');
        return connection;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (why !== reason && !closed) {
          logger.warn({ address, reason: why }, 'cannot reach Temporal: check TEMPORAL_ADDRESS; retrying');
        }
        reason = why;
      }
      if (closed) return new Promise(() => undefined);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (closed) return new Promise(() => undefined);
    }
  };

  const connected = attempt();
  return {
    current: () => (closed ? undefined : connection),
    connected,
    async close() {
      closed = true;
      wake();
      await connection?.close();
    },
  };
}
