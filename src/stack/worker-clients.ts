import { AsyncCompletionClient, Client } from '@temporalio/client';
import type { TemporalLink } from '../worker/connect-temporal.ts';

/** What a worker talks to Temporal with, beside taking tasks. */
export interface WorkerClients {
  readonly completions: AsyncCompletionClient;
  readonly client: Client;
}

/**
 * The clients on the connection of the moment; they are kept for as long as it is the same.
 *
 * @returns gives them; throws while there is no connection
 */
export function keepClients(link: Pick<TemporalLink, 'current'>, namespace: string): () => WorkerClients {
  let kept: { readonly connection: ReturnType<TemporalLink['current']>; readonly clients: WorkerClients } | undefined;
  return () => {
    const connection = link.current();
    if (connection === undefined) throw new Error('Temporal is not connected');
    if (kept?.connection !== connection) {
      const options = { connection, namespace };
      kept = { connection, clients: { completions: new AsyncCompletionClient(options), client: new Client(options) } };
    }
    return kept.clients;
  };
}
