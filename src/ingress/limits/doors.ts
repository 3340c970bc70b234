import type { Middleware } from 'koa';
import type { AppDeps } from '../app-deps.ts';
import { Backlog } from './backlog.ts';
import { ClientGate } from './client-gate.ts';
import { limitInFlight } from '../middleware/limit-in-flight.ts';

/** What stands before every route that takes deliveries. All those routes share one of it. */
export interface Doors {
  /** For all deliveries, before their body is read. */
  readonly inFlight: Middleware;
  /** For those of one client, once they are verified. */
  readonly clients: ClientGate;
  /** Of runs that are being recorded; `inFlight` goes by it too. */
  readonly backlog: Backlog;
}

/** The limits of one process, as its settings say. */
export function createDoors({ clients, limits }: Pick<AppDeps, 'clients' | 'limits'>): Doors {
  const backlog = new Backlog();
  const inFlight = limitInFlight(limits.maxInFlight ?? Infinity, backlog);
  return { inFlight, clients: new ClientGate(clients), backlog };
}
