import type { Engine } from './engine.ts';
import { startOurServer, startShippedServer } from './servers.ts';

/** Temporal's dev server on a SQLite file. */
export function devEngine(cli: { readonly path: string; readonly version: string }, folder: string): Engine {
  return {
    kind: 'dev',
    name: 'Dev server',
    about: `Temporal CLI ${cli.version}, SQLite file`,
    startOurs: () => startOurServer(cli.path, folder),
    startShipped: () => startShippedServer(cli.path, folder),
  };
}
