import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { SIGNAL } from '../../src/contract/names.ts';
import type { ScriptedActivities } from '../support/scripted-activities.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Scenario } from './scenarios.ts';

/** The worker says so once; what anybody else sends in its name means nothing. */
const AT_FAULT = {
  agent: [{ retry: 'AgentUnreachable', delayMs: 1500 }],
  drive: async (handle: WorkflowHandle, activities: ScriptedActivities) => {
    await waitFor('a call', () => activities.agentCalls.length > 0, 10_000);
    for (const type of ['NoFailure', 'RunTimeout', 'AgentUnreachable', 'AgentUnreachable']) {
      await handle.signal(SIGNAL.agentWaiting, type);
    }
    await sleep(300);
  },
  closes: 'COMPLETED',
  reads: { status: 'completed', callback: 'delivered' },
} satisfies Scenario;

/** A run whose worker says that its agent is at fault. */
export const AT_FAULT_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'agent-at-fault': AT_FAULT,
  'agent-at-fault-and-canceled': {
    ...AT_FAULT,
    agent: [{ retry: 'AgentUnreachable', delayMs: 60_000 }],
    withoutPolicy: true,
    drive: async (handle, activities) => {
      await AT_FAULT.drive(handle, activities);
      await handle.cancel();
    },
    closes: 'CANCELLED',
    reads: { status: 'canceled', callback: 'delivered', code: 'Canceled' },
  },
  // Recorded by a workflow that did not know the signal, as an older worker has it beside a newer one.
  'agent-at-fault-unmarked': AT_FAULT,
};
