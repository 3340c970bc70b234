/** The workflows that a worker registers. A team that bundles its own workflows re-exports these beside them. */
export { agentRun } from './agent-run.ts';
