import type { AgentTypes } from '../../agents/agent-type.ts';
import { AGENT_TYPES, DEFAULT_AGENT_TYPE, describeAgent } from '../../agents/agent-types.ts';
import type { AgentConfig, Config } from '../../config/config.ts';
import { listSettings } from '../../config/list-settings.ts';
import { settingsWith } from '../../config/schema.ts';
import { toUiLink, UI_QUERIES } from '../../runs/ui-queries.ts';
import { toLibrarySecret } from '../../signatures/secret-key.ts';
import { signGithub } from '../../signatures/sign-request.ts';
import { asCalled } from '../called-as.ts';
import { type CliIo, type Colors, colorsFor } from '../cli-io.ts';
import { shellQuote } from '../show/terminal-text.ts';
import type { DevStack } from './start-dev-stack.ts';
import { sampleTask } from './take-round-trip.ts';

const LABEL_WIDTH = 14;

/** Prints where everything is, and a command to paste that starts a first run. */
export function showReady(
  stack: Pick<DevStack, 'loaded' | 'config' | 'ingressUrl' | 'temporalUi'> & {
    /** Whether the secrets are kept in the working directory, where other commands find them. */
    readonly keepsSecrets: boolean;
  },
  io: Pick<CliIo, 'stdout' | 'env' | 'callName'>,
  agentTypes: AgentTypes = AGENT_TYPES,
): void {
  const { config, loaded, ingressUrl, temporalUi } = stack;
  const colors = colorsFor(io.stdout, io.env);
  const agent = config.agents.find(({ name }) => name === config.defaultAgent);
  const rows: [string, string | undefined][] = [
    ['Temporal UI', temporalUi],
    ...toListLinks(temporalUi),
    ['ingress', ingressUrl],
    ['API', `${ingressUrl}/docs`],
    ['agent', agent && toAgentRow(agent, agentTypes)],
    ...loaded.generated.flatMap(({ client, webhookSecret, apiKey }): [string, string | undefined][] => {
      const whose = loaded.generated.length > 1 ? ` (${client})` : '';
      return [
        [`secret${whose}`, webhookSecret],
        // A secret that an earlier version generated and this folder keeps.
        [`for a library${whose}`, libraryForm(webhookSecret)],
        [`API key${whose}`, apiKey],
      ];
    }),
  ];
  const lines = rows.flatMap(([label, value]) =>
    value === undefined ? [] : [`  ${colors.dim(label.padEnd(LABEL_WIDTH))}${value}`],
  );
  const [client] = config.clients;
  const start = client?.require === 'timestamp' ? asCalled(toSend(ingressUrl, client), io) : toCurl(ingressUrl, client);
  const blocks = [
    lines.join('\n'),
    `  ${colors.dim('Start a run:')}`,
    start,
    ...(stack.keepsSecrets ? [toNextSteps(colors, io)] : []),
    `  ${colors.dim('Ctrl-C stops everything.')}`,
  ];
  io.stdout.write(`\n${blocks.join('\n\n')}\n\n`);
}

/** The runs that an engineer on call looks for, in the Temporal UI. */
function toListLinks(list: string | undefined): [string, string][] {
  if (list === undefined) return [];
  const day = new Date().toISOString().slice(0, 10);
  const { failed, dead, retrying } = UI_QUERIES;
  return [failed, dead, retrying].map((query) => [query.title, toUiLink(list, query, day)]);
}

/** What a Standard Webhooks library takes, where that is not the secret as it is. */
function libraryForm(secret: string | undefined): string | undefined {
  const form = secret === undefined ? undefined : toLibrarySecret(secret);
  return form === secret ? undefined : form;
}

/** Both commands find the server and its secrets in the folder in which `dev` runs. */
function toNextSteps(colors: Colors, io: Pick<CliIo, 'callName'>): string {
  const steps = [
    ['garudust-temporal send "Why did build 4312 fail?" --wait', 'sends a task and shows the answer'],
    ['garudust-temporal receive', 'receives callbacks, at http://127.0.0.1:8081/'],
  ] as const;
  const commands = steps.map(([line, what]) => ({ line: asCalled(line, io), what }));
  const width = Math.max(...commands.map(({ line }) => line.length));
  const shown = commands.map(({ line, what }) => `  ${line.padEnd(width)}  ${colors.dim(`# ${what}`)}`);
  return [`  ${colors.dim('In another terminal, in this folder:')}`, '', ...shown].join('\n');
}

type Client = Config['clients'][number];

function toCurl(ingressUrl: string, client: Client | undefined): string {
  const secret = client?.webhookSecret[0] ?? '';
  const body = JSON.stringify(sampleTask(client));
  return [
    `curl ${ingressUrl}/webhook`,
    `-H 'Content-Type: application/json'`,
    `-H ${shellQuote(`X-Hub-Signature-256: ${signGithub(secret, body)}`)}`,
    `-d ${shellQuote(body)}`,
  ].join(' ');
}

/** A printed signature with a timestamp would be invalid after five minutes. */
function toSend(ingressUrl: string, client: Client): string {
  const { text = '', user_id: user } = sampleTask(client);
  return [
    `garudust-temporal send ${shellQuote(text)} --url ${shellQuote(ingressUrl)}`,
    ...(user === undefined ? [] : [`--user ${shellQuote(user)}`]),
  ].join(' ');
}

/** The agent by its own name and its type's words; beside the one that needs no settings, what configures another. */
function toAgentRow(agent: AgentConfig, types: AgentTypes): string {
  const what = describeAgent(agent, types);
  const row = what.startsWith(agent.name) ? what : `${agent.name}: ${what}`;
  const borrowed = types[agent.type]?.borrows?.find(({ env, fills }) => agent.settingNames[fills] === env);
  if (borrowed !== undefined) return `${row}, which ${borrowed.env} pays for`;
  const variables = listSettings(settingsWith(types)).flatMap(({ agentType = '', path, env }) =>
    env !== undefined && types[agentType]?.definedBy === path.at(-1) ? [env] : [],
  );
  const keys = Object.values(types).flatMap(({ borrows = [] }) => borrows.map(({ env }) => env));
  const all = [...variables, ...keys].join(', ').replace(/, (?=\w+$)/, ' or ');
  return agent.type === DEFAULT_AGENT_TYPE.dev ? `${row} (set ${all} to use yours)` : row;
}
