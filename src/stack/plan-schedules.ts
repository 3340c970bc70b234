import { createHash } from 'node:crypto';
import { toAgentPolicy } from '../agents/agent-policy-settings.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { checkUrl } from '../egress/check-url.ts';
import { planTask } from '../ingress/tasks/accept-task.ts';
import { ProblemError } from '../protocol/problem-error.ts';
import type { PlannedSchedule } from '../runs/schedules/planned-schedule.ts';
import { loadWorkflows } from './load-workflows.ts';
import { readAgentSessions } from './read-agent-sessions.ts';
import { StartError } from './start-error.ts';

/**
 * What each schedule of the settings starts, and when: the task as the ingress would accept it now.
 *
 * @throws StartError for a task that the ingress would refuse
 */
export async function planSchedules({
  config,
  placeOf,
}: Pick<LoadedConfig, 'config' | 'placeOf'>): Promise<PlannedSchedule[]> {
  const deps = {
    clients: config.clients,
    agents: new Map(config.agents.map((agent) => [agent.name, toAgentPolicy(agent)])),
    defaultAgent: config.defaultAgent,
    workflows: (await loadWorkflows(config)).workflows,
    agentSessions: readAgentSessions(config),
    sessionQueue: config.limits.sessionQueue,
    callback: config.callback,
    checkUrl,
  };
  return Promise.all(
    Object.entries(config.schedules).map(async ([name, schedule]) => {
      const { cron, every, timeZone, text, agent, workflow, sessionKey, userId, callbackUrl, catchUp } = schedule;
      const place = placeOf('schedules', name);
      const client = schedule.client ?? config.clients[0]?.id ?? '';
      const when = { cron, every, timeZone: cron === undefined ? undefined : timeZone, catchUp };
      const overlap = schedule.overlap ?? (callbackUrl === undefined ? 'skip' : 'allow_all');
      const request = {
        text,
        ...(sessionKey !== undefined && { sessionKey }),
        ...(userId !== undefined && { userId }),
        ...(callbackUrl !== undefined && { callbackUrl }),
      };
      const plan = await planTask(
        { client, source: `schedule.${name}` },
        {
          request,
          fields: { url: 'callback_url', user: 'user_id' },
          deliveryId: undefined,
          fingerprint: '',
          agent,
          workflow,
        },
        deps,
      ).catch((error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
        throw new StartError(`${place}: ${error.detail}`, { cause: error });
      });
      const { session, ...rest } = plan.input;
      // Temporal starts the run, and announces it to no session.
      const input = session === undefined ? rest : { ...rest, session: { ...session, announcesItself: true } };
      // All that Temporal is told, so that a change of any of it is seen.
      const definition = JSON.stringify([when, overlap, input, config.taskQueue]);
      const sha256 = createHash('sha256').update(definition).digest('hex');
      return { name, place, ...when, overlap, plan: { ...plan, input, memo: { ...plan.memo, bodySha256: sha256 } } };
    }),
  );
}
