import { ProblemError } from '../../protocol/problem-error.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { RunClient } from '../../runs/run-client.ts';
import { readPreferredWait } from '../http/read-preferred-wait.ts';
import { createWaitSemaphore, DEFAULT_WAIT_LIMITS, type WaitLimits } from '../limits/client-semaphore.ts';
import type { RequestContext } from '../route.ts';

/** The longest wait of a request, in seconds: many load balancers cut one that is silent for longer. */
export const MAX_WAIT_SECONDS = 60;

export interface RunWaitsDeps {
  readonly runs: Pick<RunClient, 'wait'>;
  readonly limits: Partial<WaitLimits>;
}

/** The requests that wait for the end of a run, by `?wait=` or by `Prefer: wait`. Both share the same permits. */
export interface RunWaits {
  /**
   * Waits until the run is terminal, the time is up, or the caller disconnects.
   *
   * @throws ProblemError `too_many_in_flight`, `overloaded`, `request_timeout`, and those of `RunClient.wait`
   */
  wait(ctx: RequestContext, id: string, client: string, seconds: number): Promise<RunResource>;
  /**
   * Where the caller of a recorded task prefers to wait, turns the 202 of `ctx` into a 200 with the outcome if that comes in time.
   * The 202 stands where it does not, where the run starts later than that, where no permit is left, and where Temporal does not answer. Never rejects.
   */
  preferOutcome(ctx: RequestContext): Promise<void>;
}

/** Makes the waits of a process. */
export function createRunWaits({ runs, limits }: RunWaitsDeps): RunWaits {
  const permits = createWaitSemaphore({ ...DEFAULT_WAIT_LIMITS, ...limits });
  const wait: RunWaits['wait'] = async (ctx, id, client, seconds) => {
    const release = permits.acquire(client);
    const disconnected = new AbortController();
    const onClose = (): void => disconnected.abort();
    ctx.res.once('close', onClose);
    try {
      return await runs.wait(id, client, seconds, disconnected.signal);
    } catch (error) {
      if (!disconnected.signal.aborted) throw error;
      throw new ProblemError('request_timeout', 'The caller disconnected.');
    } finally {
      ctx.res.off('close', onClose);
      release();
    }
  };
  return {
    wait,
    async preferOutcome(ctx) {
      const { runId, client } = ctx.state;
      const seconds = readPreferredWait(ctx.req.headersDistinct['prefer']?.join(), MAX_WAIT_SECONDS);
      if (seconds === undefined || runId === undefined || client === undefined || ctx.res.closed) return;
      const { starts_at: startsAt } = ctx.body as Partial<RunResource>;
      if (startsAt !== undefined && Date.parse(startsAt) > Date.now() + seconds * 1000) return;
      let run: RunResource;
      try {
        run = await wait(ctx, runId, client, seconds);
      } catch (error) {
        if (error instanceof ProblemError) return;
        throw error;
      }
      ctx.set('Preference-Applied', `wait=${seconds}`);
      ctx.body = run;
      if (!run.terminal) return;
      ctx.status = 200;
      ctx.remove('Retry-After');
    },
  };
}
