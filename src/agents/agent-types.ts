import type { Agent } from './agent.ts';
import { createDemoAgent, type DemoSpec } from './demo/demo.ts';
import { createGarudustAgent, type GarudustSpec } from './garudust/garudust.ts';

/** How an agent is configured: its type, and what an agent of this type needs. */
export type AgentSpec = GarudustSpec | DemoSpec;

type AgentType = AgentSpec['type'];

/** One row an adapter. A new one: a file beside this one, its spec in `AgentSpec`, a row here. */
const ADAPTERS: { readonly [T in AgentType]: (spec: Extract<AgentSpec, { type: T }>) => Agent } = {
  garudust: createGarudustAgent,
  demo: createDemoAgent,
};

/**
 * Makes the agent that a spec describes. No connection is made yet.
 *
 * @throws TypeError when a setting can't be used.
 */
export function createAgent(spec: AgentSpec): Agent {
  // The table's type ties each row to its own spec; the compiler can't follow that through an index.
  return (ADAPTERS[spec.type] as (spec: AgentSpec) => Agent)(spec);
}
