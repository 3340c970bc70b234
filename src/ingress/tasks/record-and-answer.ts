import type { ParameterizedContext } from 'koa';
import type { AppDeps, RequestState } from '../app-deps.ts';
import type { AcceptedTask } from '../../runs/accepted-task.ts';
import type { Doors } from '../limits/doors.ts';

/** Seconds after which the first poll of a new run is worth while. */
const FIRST_POLL = '1';

/**
 * Records an accepted task, counts it and answers: 202 with the run, and whether it was there before.
 *
 * @throws ProblemError as `RunClient.start` does
 */
export async function recordAndAnswer(
  ctx: Pick<ParameterizedContext<RequestState>, 'state' | 'status' | 'set' | 'body'>,
  task: AcceptedTask,
  { runs, metrics }: Pick<AppDeps, 'runs' | 'metrics'>,
  { backlog }: Pick<Doors, 'backlog'>,
): Promise<void> {
  ctx.state.runId = task.runId;
  const { run, unchanged } = await backlog.watch(() => runs.start(task));
  const { client, source, agent } = task.input;
  ctx.state.duplicate = unchanged;
  metrics.deliveryJudged?.({ result: unchanged ? 'duplicate' : 'accepted', client, source });
  if (!unchanged) metrics.runStarted?.({ client, agent });
  ctx.status = 202;
  ctx.set('Location', run.links.self);
  ctx.set('Retry-After', FIRST_POLL);
  if (unchanged) ctx.set('Idempotent-Replayed', 'true');
  ctx.body = run;
}
