import type { SourceConfig } from './config.ts';
import { type Finding, type IsSound } from './finding.ts';
import { isWeak, MIN_SECRET_LENGTH } from '../settings/secrets.ts';
import type { Mode } from './layers.ts';
import type { Path } from './raw-settings.ts';
import type { Settings } from './schema.ts';
import type { SourceSettings } from './source-schema.ts';
import { toSource } from './to-source.ts';

/** What is wrong with sources that can be read only where events are: their schemes, templates and filters. */
export type JudgeSources = (
  sources: readonly SourceConfig[],
  settings: { readonly endpointPath: string; readonly allowedUserIds: ReadonlyMap<string, readonly string[]> },
) => readonly { readonly path: readonly string[]; readonly message: string }[];

/** What the checks of sources go by. */
export interface SourceChecks {
  readonly isSound: IsSound;
  /** Whether nothing is wrong below a place either. */
  readonly isWhole: IsSound;
  readonly mode: Mode;
  readonly judge: JudgeSources;
}

/** The checks of sources against the rest of the settings. A source that could not be read whole is passed over. */
export function checkSources(read: Settings, { isSound, isWhole, mode, judge }: SourceChecks): Finding[] {
  if (!isSound('sources')) return [];
  const sources = Object.entries(read.sources).filter(([name]) => isWhole('sources', name));
  const onlyClient = isSound('clients') && read.clients.length === 1 ? read.clients[0]?.id : undefined;
  const judged = sources.map(([name, source]) => toSource(name, source, onlyClient ?? ''));
  const endpointPath = isSound('endpoint_path') ? read.endpoint_path : '';
  return [
    ...sources.flatMap(([name, source]) => checkSource(name, source, read, isSound)),
    ...(mode === 'production' ? sources.flatMap(([name, { secret }]) => findWeakSecret(name, secret ?? [])) : []),
    ...judge(judged, { endpointPath, allowedUserIds: readAllowedUsers(read, isSound) }).map(({ path, message }) => ({
      path: ['sources', ...path],
      message,
    })),
  ];
}

/** The lists of those clients that have one. */
function readAllowedUsers({ clients }: Settings, isSound: IsSound): ReadonlyMap<string, readonly string[]> {
  if (!isSound('clients')) return new Map();
  return new Map(
    clients.flatMap(({ id, allowed_user_ids: users }, index): [string, readonly string[]][] =>
      isSound('clients', index, 'allowed_user_ids') && users !== undefined && users.length > 0 ? [[id, users]] : [],
    ),
  );
}

function checkSource(
  name: string,
  { client: named, agent }: SourceSettings,
  { clients, agents }: Settings,
  isSound: IsSound,
): Finding[] {
  const at = (key: string): Path => ['sources', name, key];
  if (!isSound('clients')) return [];
  const client = named === undefined ? clients[0] : clients.find(({ id }) => id === named);
  const ids = clients.map(({ id }) => id).join(', ');
  if (named === undefined && clients.length !== 1) {
    return [{ path: at('client'), message: `is missing, and there are several clients: write one of ${ids}` }];
  }
  if (client === undefined) {
    return [
      { path: at('client'), message: `names the client ${named}, which is not configured: the clients are ${ids}` },
    ];
  }
  // Which agent a template with places to fill in names, an event decides.
  if (agent === undefined || agent.includes('{{') || !isSound('agents')) return [];
  const permitted = Object.keys(agents).filter((other) => client.agents?.includes(other) ?? true);
  if (permitted.includes(agent)) return [];
  const message = `names the agent ${agent}, which client ${client.id} can't use: its agents are ${permitted.join(', ')}`;
  return [{ path: at('agent'), message }];
}

function findWeakSecret(name: string, secrets: readonly string[]): Finding[] {
  if (!secrets.some(isWeak)) return [];
  const message = `has fewer than ${MIN_SECRET_LENGTH} characters, which can be guessed: set a longer one on both sides`;
  return [{ path: ['sources', name, 'secret'], message }];
}
