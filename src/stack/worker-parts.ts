import { resolve } from 'node:path';
import type { ActivityDeps } from '../activities/index.ts';
import type { ConfiguredAgent } from '../activities/run-agent.ts';
import type { JournalOptions } from '../activities/journal/journal.ts';
import type { Agent } from '../agents/agent.ts';
import { toAgentPolicy } from '../agents/agent-policy-settings.ts';
import type { AgentTypes } from '../agents/agent-type.ts';
import { AGENT_TYPES, type AgentSpec, createAgent, fixesFor } from '../agents/agent-types.ts';
import type { Config } from '../config/config.ts';
import { completePolicy, DEFAULT_AGENT_POLICY, type PolicyChanges } from '../contract/agent-policy.ts';
import type { AnswerLinks } from '../contract/answer-link.ts';
import type { FinishedRun } from '../contract/run-sinks.ts';
import { createFindOwnPlaces, type FindOwnPlaces } from '../egress/own-places.ts';
import { loadConfig } from '../config/load-config.ts';
import { Payloads } from '../payloads/payloads.ts';
import { camelCase } from '../settings/camel-case.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type PayloadKey, payloadKeys } from '../settings/payload-keys.ts';
import type { WorkerVersion } from '../worker/worker-version.ts';
import { createPayloads } from './create-payloads.ts';
import { StartError, toStartError } from './start-error.ts';

/** What a worker of ours is made of, whether the stack runs it or a team. */
export interface WorkerParts extends Pick<ActivityDeps, 'agents' | 'links' | 'logger' | 'metrics' | 'tracing'> {
  readonly callback: Omit<ActivityDeps['callback'], 'onFirstFailure'>;
  /** Absolute; absent: no journal. */
  readonly journalDir?: string;
  /** The folder is the default, so that a further worker of this machine takes one beside it, and none need work. */
  readonly isDefaultJournal?: boolean;
  /** Namespace and server whose entries the worker reports. Absent: not checked. */
  readonly journalOwner?: string;
  /** Calls the function each time Temporal can be reached again, until the signal aborts. Default: never. */
  readonly watchReturns?: (onReturn: () => Promise<void>, signal: AbortSignal) => Promise<void>;
  /** How payloads are written and read. */
  readonly payloads: Payloads;
  /** Absolute paths of the modules of a team's workflows, by name. Default: none. */
  readonly workflows?: Readonly<Record<string, string>>;
  /** They and ours, bundled. Default: the worker bundles them. */
  readonly workflowBundle?: { readonly code: string };
  readonly onJournalChange?: JournalOptions['onChange'];
  readonly onRunFinished?: (run: FinishedRun, id: string) => void;
  /** Agent calls and callback attempts at once. Default: the SDK's. */
  readonly maxConcurrentActivities?: number;
  readonly versioning?: WorkerVersion;
  /** How long running activities may go on when the worker stops, in milliseconds. */
  readonly shutdownGrace: number;
}

/** What a worker counts. */
export type WorkerMetrics = NonNullable<ActivityDeps['metrics']> & Pick<Metrics, 'journalChanged' | 'runFinished'>;

/** The parts that the settings describe. No connection is made yet. */
export function toWorkerParts(
  config: Config,
  {
    logger,
    metrics,
    defaultJournalDir,
    temporalAddress,
    payloads = createPayloads(config.payloads),
    findOwnPlaces = createFindOwnPlaces({
      ports: () => [...(config.ingressEnabled ? [config.port] : []), config.adminPort],
      temporalAddress,
    }),
  }: {
    readonly logger: WorkerParts['logger'];
    readonly metrics?: WorkerMetrics;
    /** Where the settings name no journal and do not switch it off. */
    readonly defaultJournalDir?: string;
    /** `host:port` of the Temporal server, which no callback may reach. */
    readonly temporalAddress?: string | undefined;
    /** Default: as the settings say. */
    readonly payloads?: Payloads;
    /** Default: by the ports of the settings and `temporalAddress`. */
    readonly findOwnPlaces?: FindOwnPlaces;
  },
  agentTypes: AgentTypes = AGENT_TYPES,
): WorkerParts {
  const { agents, clients, callback, worker, workflows } = config;
  const { journalDir = defaultJournalDir, ...limits } = worker;
  return {
    agents: new Map(
      agents.map((agent) => {
        const fixes = fixesFor(agent.type, (key) => agent.settingNames[key] ?? key, agentTypes);
        return [
          agent.name,
          {
            agent: createAgent(agent, agentTypes),
            concurrency: agent.concurrency,
            policy: toAgentPolicy(agent),
            historyBytes: agent.historyBytes,
            provider: agent.type,
            delays: agent,
            caps: agent,
            fixes,
          },
        ];
      }),
    ),
    callback: {
      ...callback,
      clients: new Map(clients.map((client) => [client.id, client])),
      findOwnPlaces,
    },
    links: pickLinks(config),
    ...limits,
    payloads,
    workflows,
    ...(journalDir && { journalDir, isDefaultJournal: worker.journalDir === undefined }),
    logger,
    onRunFinished: ({ seconds, ...labels }, id) => {
      metrics?.runFinished(labels, seconds);
      logger.info({ run_id: id, ...labels, duration_ms: Math.round(seconds * 1000) }, 'run finished');
    },
    ...(metrics && {
      metrics,
      onJournalChange: (entries: number) => metrics.journalChanged(entries),
    }),
  };
}

/** What addresses of this installation are made of. */
export function pickLinks({ publicUrl, answerLinkSecret }: Pick<Config, keyof AnswerLinks>): AnswerLinks {
  return { ...(publicUrl !== undefined && { publicUrl }), ...(answerLinkSecret && { answerLinkSecret }) };
}

/** An agent of a `GarudustPlugin`: anything that answers a task, or the settings of one of our agent types. */
export type PluginAgent = (Agent | AgentSpec) & {
  /** Calls at once; further ones wait. Default: 64. */
  readonly concurrency?: number;
  /** What differs from `DEFAULT_AGENT_POLICY` in the timeouts and attempts of its calls. */
  readonly policy?: PolicyChanges;
};

/**
 * What a `GarudustPlugin` serves. Without `agents` it reads the settings, as `garudust-temporal worker` does; with `agents`
 * it reads neither file nor environment, unless `config` names a file.
 */
export interface GarudustPluginOptions {
  /** Settings file. Default: `GARUDUST_TEMPORAL_CONFIG`, else `garudust-temporal.yaml` where there is one. */
  readonly config?: string;
  /** Agents by name, beside those of the settings. */
  readonly agents?: Readonly<Record<string, PluginAgent>>;
  /** How callbacks of the client `default` are signed, and where they may go. */
  readonly callback?: {
    /** Each signs: `whsec_…`, or any text. One at least. */
    readonly callbackSecret: readonly string[];
    /** Hosts that a callback may go to. Default: any public host. */
    readonly allowedCallbackDomains?: readonly string[];
    /** Private networks in CIDR form that callbacks may go to. Default: none, or those of the settings. */
    readonly permitNetworks?: readonly string[];
  };
  /** Folder that keeps finished answers until Temporal has them, one worker per folder. Default: none, or that of the settings. */
  readonly journalDir?: string;
  /** Keys that encrypt payloads, `id:base64` each: the first one encrypts, all decrypt. Default: none, or those of the settings. */
  readonly payloadKeys?: readonly string[];
}

const DEFAULT_CONCURRENCY = 64;
const DEFAULT_GRACE_MS = 25_000;

/**
 * The parts that the options of a plugin describe.
 *
 * @throws StartError with every problem of the settings; TypeError for an agent that is none
 */
export function readWorkerParts(options: GarudustPluginOptions, logger: WorkerParts['logger']): WorkerParts {
  const { config, agents = {}, callback, journalDir, payloadKeys: keys } = options;
  const readsSettings = config !== undefined || options.agents === undefined;
  const parts = readsSettings
    ? toWorkerParts(readSettings(config, logger), { logger, temporalAddress: process.env['TEMPORAL_ADDRESS'] })
    : emptyParts(logger);
  const client = callback && {
    webhookSecret: callback.callbackSecret,
    allowedCallbackDomains: callback.allowedCallbackDomains ?? [],
  };
  return {
    ...parts,
    agents: new Map([...parts.agents, ...toConfiguredAgents(agents)]),
    callback: {
      ...parts.callback,
      clients: new Map([...parts.callback.clients, ...(client ? ([['default', client]] as const) : [])]),
      ...(callback?.permitNetworks && { permitNetworks: callback.permitNetworks }),
    },
    ...(journalDir !== undefined && { journalDir: resolve(journalDir) }),
    ...(keys !== undefined && { payloads: new Payloads({ keys: readKeys(keys) }) }),
  };
}

function emptyParts(logger: WorkerParts['logger']): WorkerParts {
  return {
    agents: new Map(),
    callback: { clients: new Map(), permitNetworks: [] },
    shutdownGrace: DEFAULT_GRACE_MS,
    payloads: new Payloads(),
    logger,
  };
}

function readKeys(keys: readonly string[]): readonly PayloadKey[] {
  try {
    return payloadKeys.read(keys);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`payloadKeys: a key ${why}.`, { cause: error });
  }
}

function readSettings(file: string | undefined, logger: WorkerParts['logger']): Config {
  try {
    const { env } = process;
    const named = file === undefined ? {} : { file };
    const loaded = loadConfig({ mode: 'production', env, cwd: process.cwd(), ...named });
    for (const warning of loaded.warnings) logger.warn({}, warning);
    return loaded.config;
  } catch (error) {
    throw toStartError(error);
  }
}

/** @throws TypeError for an agent that is none */
export function toConfiguredAgents(
  agents: Readonly<Record<string, PluginAgent>>,
): (readonly [string, ConfiguredAgent])[] {
  return Object.entries(agents).map(([name, agent]) => [name, toAgent(name, agent)] as const);
}

function toAgent(name: string, agent: PluginAgent): ConfiguredAgent {
  const { concurrency = DEFAULT_CONCURRENCY } = agent;
  const common = { concurrency, policy: completePolicy(agent.policy, DEFAULT_AGENT_POLICY) };
  if ('run' in agent && typeof agent.run === 'function') return { agent, ...common };
  if ('type' in agent) {
    const fixes = fixesFor(agent.type, (key) => `agents.${name}.${camelCase(key)}`);
    return { agent: createAgent(agent), ...common, fixes };
  }
  throw new TypeError(`Agent ${JSON.stringify(name)} has neither a method run nor a type: give it one of the two.`);
}
