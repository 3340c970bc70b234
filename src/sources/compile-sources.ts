import { compileSource } from './compile-source.ts';
import { FindingCollector, type SourceFindings } from './source-findings.ts';
import type { SourceSettings } from './source-settings.ts';
import type { Source } from './source.ts';

/** Compiled sources by name. Complete if there are no faults. */
export interface CompiledSources extends SourceFindings {
  readonly sources: ReadonlyMap<string, Source>;
}

/** The settings of a client that its sources are checked against. */
export interface SourceClient {
  readonly id: string;
  /** Agents that it may use. Undefined: all. */
  readonly agents?: readonly string[] | undefined;
  /** Users that its tasks may name. Undefined: any. */
  readonly allowed_user_ids?: readonly string[] | undefined;
}

/** The other settings that sources are checked against. A setting that is not valid is undefined, and its checks are skipped. */
export interface SourceSurroundings {
  readonly clients: readonly SourceClient[] | undefined;
  /** Names of the agents. */
  readonly agents: readonly string[] | undefined;
  /** The second path for tasks, which no source may use. */
  readonly endpointPath: string | undefined;
  /** Whether `public_url` is set, or is not valid. */
  readonly hasPublicUrl: boolean;
}

/**
 * Compiles all sources once; the ingress uses them as they are. Checks that each has its own path and a client, and that the
 * client may use the agent and the user that the source names.
 */
export function compileSources(
  all: Readonly<Record<string, SourceSettings>>,
  { clients, agents, endpointPath, hasPublicUrl }: SourceSurroundings,
): CompiledSources {
  const sources = new Map<string, Source>();
  const findings = new FindingCollector();
  const owners = new Map([[endpointPath, 'endpoint_path']]);
  for (const [name, settings] of Object.entries(all)) {
    const found = new FindingCollector();
    const fault = (path: string, message: string): unknown => found.faults.push({ path: path.split('.'), message });
    const clientFault = clients && findClientFault(settings.client, clients);
    if (clientFault !== undefined) fault('client', clientFault);
    const client = clientFault === undefined ? clients?.find(({ id }) => id === (settings.client ?? id)) : undefined;
    const source = compileSource(name, settings, client?.id ?? '', hasPublicUrl, found);
    if (source !== undefined) {
      const owner = owners.get(source.path);
      if (owner !== undefined) fault('path', `is ${source.path}, which ${owner} also uses: give each its own path`);
      const agentFault = client && agents && findAgentFault(source, client, agents);
      if (agentFault !== undefined) fault('agent', agentFault);
      const userFault = client && findUserFault(source, client);
      if (userFault !== undefined) fault('map.user_id', userFault);
      if (source.proof.kind === 'unsigned') {
        found.warnings.push({
          path: [],
          message: 'is unsigned: anyone who finds its URL can start runs at your cost',
        });
      }
      owners.set(source.path, `sources.${name}`);
      sources.set(name, source);
    }
    for (const list of ['faults', 'warnings'] as const) {
      findings[list].push(...found[list].map(({ path, message }) => ({ path: [name, ...path], message })));
    }
  }
  return { sources, faults: findings.faults, warnings: findings.warnings };
}

function findClientFault(named: string | undefined, clients: readonly SourceClient[]): string | undefined {
  const ids = clients.map(({ id }) => id).join(', ');
  if (named === undefined) {
    return clients.length === 1 ? undefined : `is required with several clients: write one of ${ids}`;
  }
  if (clients.some(({ id }) => id === named)) return undefined;
  return `names the client "${named}", which is not defined: write one of ${ids}`;
}

function findAgentFault(
  { agent, client }: Source,
  { agents: permitted }: SourceClient,
  agents: readonly string[],
): string | undefined {
  const usable = agents.filter((name) => permitted?.includes(name) ?? true);
  // The event decides which agent any other template names.
  if (agent?.constant === undefined || usable.includes(agent.constant)) return undefined;
  return `names the agent "${agent.constant}", which client "${client}" may not use: write one of ${usable.join(', ')}`;
}

/** Why the user of every event would be refused. */
function findUserFault({ client, map }: Source, { allowed_user_ids: allowed }: SourceClient): string | undefined {
  if (allowed === undefined || allowed.length === 0) return undefined;
  if (map.userId === undefined) {
    return `is missing, but client "${client}" has allowed_user_ids, which refuses every event: set where an event names its user`;
  }
  const { constant } = map.userId;
  if (constant === undefined || allowed.includes(constant.trim())) return undefined;
  return `is not in allowed_user_ids of client "${client}", which refuses every event: use one of them`;
}
