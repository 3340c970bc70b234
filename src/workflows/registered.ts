/**
 * Entry point of every workflow bundle: the workflows that a worker registers, ours and those of a team. The bundler replaces
 * `garudust-temporal/your-workflows` with the module of the team's worker, whose exports are workflows, and
 * `garudust-temporal/own-workflows` with loaders of the modules that the settings name. Where several define a name, ours wins.
 */
import own from 'garudust-temporal/own-workflows';
import * as yours from 'garudust-temporal/your-workflows';
import { inspectOwnWorkflows, serveOwnWorkflows } from './own/serve-own-workflows.ts';

export { agentRun } from './agent-run.ts';
export { callbackRedelivery } from './callback/callback-redelivery.ts';
export { agentSession } from './session/agent-session.ts';
export * from 'garudust-temporal/your-workflows';

/** Marks a bundle that contains our workflows: see `hasOurWorkflows`. */
export const garudustTemporalWorkflows = 'garudust-temporal/registered-workflows';

/** For `readBundle`, outside of a workflow. An object: a function would be a workflow. */
export const ownWorkflows = inspectOwnWorkflows(own);

// The SDK runs a workflow of an unknown type with the default export. Imported here, the default of a CommonJS module is all of
// its exports. Copied, because the bundler rejects a named import that a module may not have.
const { default: found }: { readonly default?: unknown } = { ...yours };
const nested = (found as { readonly default?: unknown } | undefined)?.default;
export default serveOwnWorkflows(own, typeof found === 'function' ? found : nested);
