import type { Activities } from '../contract/activities.ts';
import { keepResults, type KeepDeps } from './journal/keep-results.ts';
import { createRunAgent, type RunAgentDeps } from './run-agent.ts';
export interface ActivityDeps extends RunAgentDeps {
  callback: {
    clients: ReadonlyMap<string, unknown>;
    permitNetworks: readonly string[];
    onFirstFailure(runId: string): Promise<void>;
  };
  journal?: Omit<KeepDeps, 'logger'>;
}
export function createActivities(deps: ActivityDeps): Activities {
  const wrap = <I, R>(a: (i: I) => Promise<R>) =>
    deps.journal ? keepResults(a, { ...deps.journal, logger: deps.logger }) : a;
  return {
    runAgent: wrap(createRunAgent(deps)),
    deliverCallback: async () => ({ statusCode: 200, attempts: 1, deliveredAt: new Date().toISOString() }),
  };
}
