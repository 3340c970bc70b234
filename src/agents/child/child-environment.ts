import { childEnv } from '../../values/child-env.ts';
import type { AgentContext } from '../agent.ts';

interface EnvironmentOptions {
  /** Names of variables of this process that the program gets beside those of every program. */
  readonly passEnv: readonly string[];
  /** Further variables, which take precedence. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whether it also gets proxies and trusted certificates. */
  readonly network: boolean;
}

/** An environment without the worker's secrets. */
export type ChildEnvironment = Readonly<Record<string, string>> & { readonly [allowed]: true };
declare const allowed: unique symbol;

/** The environment of a program: what is named, which run it works for, and no secret of the worker's beside. */
export function toChildEnvironment(
  { passEnv, env, network }: EnvironmentOptions,
  { runId, call, sessionKey, traceHeaders = {} }: AgentContext,
): ChildEnvironment {
  const environment = {
    // The names are letters, digits and underscores.
    ...childEnv(process.env, { network, also: new RegExp(`^(?:${passEnv.join('|')})$`) }),
    GARUDUST_RUN_ID: runId,
    GARUDUST_CALL: String(call),
    GARUDUST_SESSION_KEY: sessionKey,
    ...Object.fromEntries(Object.entries(traceHeaders).map(([name, value]) => [name.toUpperCase(), value])),
    ...env,
  };
  return environment as Record<string, string> as ChildEnvironment;
}
