import { Connection, type ConnectionOptions } from '@temporalio/client';

/**
 * A connection for long polls: a grpc-js one, whose calls can be aborted, and without the SDK's retries. Whoever polls tries
 * again by itself; a retry of the SDK goes on after an abort, and one that comes after the connection was closed throws
 * where nobody can catch it.
 */
export function connectForPolls(options: ConnectionOptions): Connection {
  return Connection.lazy({ ...options, interceptors: [] });
}
