/**
 * Entry point of every workflow bundle: the workflows that a worker registers, ours and those of a team, whose module the
 * bundler puts in the place of `garudust-temporal/your-workflows`. A name that both have is ours.
 */
import * as yours from 'garudust-temporal/your-workflows';

export { agentRun } from './agent-run.ts';
export * from 'garudust-temporal/your-workflows';

/** Tells a bundle that holds our workflows from one that does not: see `hasOurWorkflows`. */
export const garudustTemporalWorkflows = 'garudust-temporal/registered-workflows';

// The SDK runs a workflow of an unknown type by the default export. To this ES module the default of a CommonJS module is
// all of its exports. Copied, because the bundler refuses to name an export that a module may not have.
const { default: found }: { readonly default?: unknown } = { ...yours };
const nested = (found as { readonly default?: unknown } | undefined)?.default;
export default typeof found === 'function' ? found : nested;
