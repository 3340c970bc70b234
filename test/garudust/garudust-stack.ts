import type { TestContext } from 'node:test';
import proto from '@temporalio/proto';
import type { ReceivedCallback } from '../../src/cli/callback-receiver.ts';
import type { AgentConfig, Config } from '../../src/config/config.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import type { GarudustTarget } from '../conformance/garudust-calls.ts';
import type { FakeGarudustOptions } from '../support/fake-garudust/fake-garudust.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { sendUntilRecorded } from '../support/send-until-recorded.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { connectToTestServer } from '../support/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';

/** Starts a Garudust, fake or real. */
export type StartGarudust = (options: FakeGarudustOptions) => Promise<GarudustTarget>;

/** One client of the stack, whose tasks one agent serves. */
export interface Caller {
  readonly start: (task: object) => Promise<RunResource>;
  /** @param waitSeconds 0 to 60 */
  readonly get: (runId: string, waitSeconds?: number) => Promise<RunResource>;
  readonly cancel: (runId: string) => Promise<Response>;
}

export interface GarudustStack {
  readonly as: (client: string) => Caller;
  readonly callbackUrl: string;
  /** The one callback of a run, waited for. */
  readonly callbackOf: (runId: string) => Promise<ReceivedCallback>;
  /** All that Temporal tells of a run, as bytes with every text in them as it is. */
  readonly stored: (runId: string) => Promise<Buffer>;
}

/** What an agent of the stack is, beside its name. */
export interface StackAgent {
  readonly url: string;
  readonly apiKey?: string;
  readonly concurrency?: number;
}

/**
 * Our whole stack before Garudusts: one client for each agent, of the same name, and one for each of `more`. Every agent
 * has one paid call only, so that its failures are seen at once.
 *
 * @param more further clients by name, with their agent's.
 */
export async function startGarudustStack(
  t: TestContext,
  agents: Readonly<Record<string, StackAgent>>,
  more: Readonly<Record<string, string>> = {},
): Promise<GarudustStack> {
  const clients = { ...Object.fromEntries(Object.keys(agents).map((name) => [name, name])), ...more };
  const stack = await startTestStack(t, {
    env: { GARUDUST_URL: 'http://127.0.0.1:1' },
    change: (config) => {
      const [agent, client] = [config.agents[0], config.clients[0]];
      if (agent === undefined || client === undefined) throw new Error('the test stack has no agent or no client');
      return {
        ...config,
        agents: Object.entries(agents).map(([name, it]) => toAgent(agent, name, it)),
        defaultAgent: Object.keys(agents)[0] ?? '',
        clients: Object.entries(clients).map(([id, its]) => toClient(client, id, its)),
      };
    },
  });
  const { client } = await connectToTestServer();
  return {
    as: (name) => callerOf(stack.url, name),
    callbackUrl: stack.callbackUrl,
    callbackOf: async (runId) => {
      const its = (): ReceivedCallback[] => stack.callbacks.filter(({ webhookId }) => webhookId === runId);
      await waitFor('the callback', () => its().length === 1, 10_000);
      return its()[0] ?? Promise.reject(new Error('no callback'));
    },
    stored: async (runId) => {
      const handle = client.workflow.getHandle(runId);
      const { History } = proto.temporal.api.history.v1;
      const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;
      return Buffer.concat([
        History.encode(await handle.fetchHistory()).finish(),
        DescribeWorkflowExecutionResponse.encode((await handle.describe()).raw).finish(),
      ]);
    },
  };
}

/** How long an agent is left alone after its first fault. */
const FAULT_PAUSE_MS = 2000;

function toAgent(like: AgentConfig, name: string, { url, apiKey = 'k', concurrency }: StackAgent): AgentConfig {
  const own = { type: 'garudust', url, apiKey };
  return {
    ...like,
    ...own,
    name,
    settingNames: { url: `agents.${name}.url`, api_key: `agents.${name}.api_key` },
    maxAttempts: 1,
    // A fault pauses the agent for all of its runs: short, so that one test does not wait for another.
    retryDelayAtFault: FAULT_PAUSE_MS,
    ...(concurrency !== undefined && { concurrency }),
  };
}

function toClient(like: Config['clients'][number], id: string, agent: string): Config['clients'][number] {
  return {
    ...like,
    id,
    webhookSecret: [secretOf(id)],
    apiKey: [keyOf(id)],
    // As they are: the receiver of the stack checks callbacks with them.
    callbackSecret: like.callbackSecret ?? like.webhookSecret,
    agents: [agent],
  };
}

const secretOf = (client: string): string => `the-webhook-secret-of-${client}`;
const keyOf = (client: string): string => `the-api-key-of-${client}`;

function callerOf(url: string, name: string): Caller {
  const headers = { Authorization: `Bearer ${keyOf(name)}` };
  return {
    start: (task) => {
      const body = JSON.stringify(task);
      const signed = { 'Content-Type': 'application/json', ...hubHeaders(secretOf(name), body) };
      return sendUntilRecorded(() => fetch(`${url}/webhook`, { method: 'POST', body, headers: signed }));
    },
    get: async (runId, waitSeconds = 0) => {
      const response = await fetch(`${url}/v1/runs/${runId}?wait=${waitSeconds}`, { headers });
      return runResource.parse(await response.json());
    },
    cancel: (runId) => fetch(`${url}/v1/runs/${runId}/cancel`, { method: 'POST', headers }),
  };
}
