import type { Middleware } from 'koa';
import type { AppDeps } from './app-deps.ts';
import { ClientGate } from './client-gate.ts';
import { limitInFlight } from './middleware/limit-in-flight.ts';

/** What stands before every route that takes deliveries. All those routes share one of it. */
export interface Doors {
  /** For all deliveries, before their body is read. */
  readonly inFlight: Middleware;
  /** For those of one client, once they are verified. */
  readonly clients: ClientGate;
}

/** The limits of one process, as its settings say. */
export function createDoors({ clients, limits }: Pick<AppDeps, 'clients' | 'limits'>): Doors {
  return { inFlight: limitInFlight(limits.maxInFlight ?? Infinity), clients: new ClientGate(clients) };
}
