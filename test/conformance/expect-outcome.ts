import assert from 'node:assert/strict';
import { callAgent } from '../../src/activities/agent/call-agent.ts';
import { type Agent, type AgentContext, AgentError } from '../../src/agents/agent.ts';
import { agentContext } from '../support/agent-context.ts';
import { CANARY, type Outcome } from './faults/fault.ts';

/** Calls an agent, as the worker does, and demands what the table of faults says. */
export async function expectOutcome(
  agent: Agent,
  expected: Outcome,
  context: Partial<AgentContext> = {},
  task = 'do it',
): Promise<void> {
  const told: unknown[] = [];
  const tell = (fields: object, message: string): unknown => told.push(fields, message);
  const logger = { info: tell, warn: tell, error: tell };
  const report = (text: string): unknown => told.push(text);
  const all = agentContext({ logger, report, ...context });
  const end = await callAgent(agent, task, all, () => undefined).catch((error: unknown) => error);
  if ('answers' in expected) {
    assert.ok(!(end instanceof Error), String(end));
    assert.equal((end as { output: string }).output, expected.answers);
  } else {
    assert.ok(end instanceof AgentError, String(end));
    assert.deepEqual([end.type, end.message], [expected.type, expected.words]);
    assert.equal(end.retryAfterMs, expected.pauseSeconds && expected.pauseSeconds * 1000);
    assert.equal(end.fix?.slice(0, expected.fix?.length ?? 0) ?? '', expected.fix ?? '');
    assert.equal(end.cause, undefined);
    told.push(end.message, end.stack, Object.entries(end));
  }
  const text = JSON.stringify(told);
  for (const secret of [CANARY, '127.0.0.1']) assert.equal(text.includes(secret), false, text);
}

/** What the table says of a kind of agent: of `remote:a2a`, of `remote`, or of all. */
export function outcomeFor(
  kind: string,
  { becomes, except = {} }: { readonly becomes: Outcome; readonly except?: Readonly<Record<string, Outcome>> },
): Outcome {
  return except[kind] ?? except[kind.split(':')[0] ?? ''] ?? becomes;
}
