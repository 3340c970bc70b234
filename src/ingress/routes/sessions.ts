import { ProblemError } from '../../protocol/problem-error.ts';
import type { SessionResource } from '../../protocol/session-resource.ts';
import { callerKey } from '../../protocol/task-request.ts';
import type { RunClient } from '../../runs/run-client.ts';
import type { ListAdmission } from '../limits/list-admission.ts';
import { callerOf, type RequestContext, type Route } from '../route.ts';

/** Runs that a session shows. */
const LAST_RUNS = 10;

/** `/v1/sessions/:key`: read and empty the caller's own sessions. */
export function sessionRoutes(
  { runs }: { readonly runs: Pick<RunClient, 'list' | 'readSession' | 'emptySession'> },
  lists: ListAdmission,
): Route[] {
  const read = async (key: string, client: string): Promise<SessionResource & { readonly isOpen: boolean }> => {
    const turns = await runs.readSession(key, client);
    const listed = await lists.list(client, JSON.stringify(['session', key]), async () => {
      const page = await runs.list({ client, filter: { session: key }, limit: LAST_RUNS });
      return { runs: [...page.runs], next_cursor: null };
    });
    if (turns === undefined && listed.runs.length === 0) throw sessionNotFound();
    const { current, collected, queue = [] } = turns ?? {};
    return {
      isOpen: turns !== undefined,
      key,
      ...(current !== undefined && { current }),
      ...(collected && { collected: [...collected] }),
      queue: [...queue],
      runs: listed.runs,
    };
  };
  return [
    ofSession('GET', async (ctx, key, client) => {
      const { isOpen: _, ...found } = await read(key, client);
      ctx.body = found satisfies SessionResource;
    }),
    ofSession('DELETE', async (ctx, key, client) => {
      const { isOpen, ...found } = await read(key, client);
      if (isOpen) await runs.emptySession(key, client);
      ctx.body = { ...found, queue: [] } satisfies SessionResource;
    }),
  ];
}

/** A route of one session. Unknown sessions, those of other clients and impossible keys get the same 404. */
function ofSession(
  method: 'GET' | 'DELETE',
  handle: (ctx: RequestContext, key: string, client: string) => Promise<void>,
): Route {
  return {
    method,
    path: '/v1/sessions/:key',
    access: 'apiKey',
    async handle(ctx) {
      const key = callerKey.safeParse(ctx.params['key']);
      if (!key.success) throw sessionNotFound();
      await handle(ctx, key.data, callerOf(ctx));
    },
  };
}

function sessionNotFound(): ProblemError {
  return new ProblemError(
    'not_found',
    'No run of this client has that session key: check the key, percent-encoded, and whether its runs have expired.',
  );
}
