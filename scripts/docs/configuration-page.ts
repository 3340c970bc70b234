import type { AgentType, AgentTypes } from '../../src/agents/agent-type.ts';
import { AGENT_TYPES, DEFAULT_AGENT_TYPE } from '../../src/agents/agent-types.ts';
import { DEFAULT_FILE, FILE_VARIABLE } from '../../src/config/load-config.ts';
import { listSettings, type Setting } from '../../src/config/list-settings.ts';
import { settingsWith } from '../../src/config/schema.ts';
import { GENERATE_SECRET } from '../../src/settings/secrets.ts';
import type { RawValue } from '../../src/settings/setting.ts';
import { ADAPTER_KEYS } from '../../src/config/webhook-adapter.ts';
import { markdownTable } from './markdown-table.ts';

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Begin of the path of its settings; empty: those that stand in no block. */
  readonly prefix: readonly string[];
  /** The agent type whose own settings these are. */
  readonly agentType?: string;
}

const BEFORE_AGENT_TYPES: readonly Section[] = [
  {
    title: 'The process',
    intro: 'Top-level settings: addresses and ports, and what ingress and worker share.',
    prefix: [],
  },
  {
    title: 'Clients',
    intro: `Callers: a list under \`clients\`. Without a list there is one client, \`default\`, which the variables configure. With a list,
the variables override its client \`default\`, if it has one.

Production refuses a secret shorter than 8 characters: anyone who has seen one signed body, as every callback receiver has, can
guess it offline. \`${GENERATE_SECRET}\` generates a good one, which any Standard Webhooks library takes, and
\`openssl rand -hex 20\` an API key. Two clients can't share a secret or a key.`,
    prefix: ['clients', '*'],
  },
  {
    title: 'Agents',
    intro: `Agents by name, a block under \`agents\`. Each has a \`type\`, the settings below, and those of its type. The variables of a type
configure the agent that is named as the type. Without \`agents\` there is one agent for each type that a variable defines; if none
does, \`${DEFAULT_AGENT_TYPE.production}\`, or in \`dev\` \`${DEFAULT_AGENT_TYPE.dev}\`.`,
    prefix: ['agents', '*'],
  },
];

const AFTER_AGENT_TYPES: readonly Section[] = [
  {
    title: 'Sources',
    intro: `Other senders, such as GitHub or Stripe, by name: a block under \`sources\`, each with its own path. The page about sources
describes presets, filters and templates.`,
    prefix: ['sources', '*'],
  },
  {
    title: 'How a source signs',
    intro: 'For a sender that no named scheme covers.',
    prefix: ['sources', '*', 'signing'],
  },
  {
    title: 'How a sender proves itself by tokens',
    intro: 'Tokens of OpenID Connect, whose keys are fetched from the issuer.',
    prefix: ['sources', '*', 'oidc'],
  },
  {
    title: 'How a source confirms its URL',
    intro: 'What its sender asks before it sends.',
    prefix: ['sources', '*', 'handshake'],
  },
  {
    title: 'What a source asks a person first',
    intro: 'Nothing runs until a person approves. [Approvals](approvals.md) describes questions and answers.',
    prefix: ['sources', '*', 'approval'],
  },
  { title: 'What a sender gets', intro: 'For an event whose run is recorded.', prefix: ['sources', '*', 'answer'] },
  { title: 'How an event becomes a task', intro: 'Templates that read the event.', prefix: ['sources', '*', 'map'] },
  {
    title: 'Schedules',
    intro: `Tasks that Temporal starts by itself, by name: a block under \`schedules\`. \`garudust-temporal setup\` makes Temporal's schedules
those of the file. The page about schedules has an example.`,
    prefix: ['schedules', '*'],
  },
  { title: 'Callbacks', intro: 'How results are delivered.', prefix: ['callback'] },
  { title: 'Worker', intro: 'Concurrency and shutdown.', prefix: ['worker'] },
  {
    title: 'Worker versions',
    intro: 'Which build a worker is. The page about production describes [safe deploys](production.md#safe-deploys).',
    prefix: ['worker', 'versioning'],
  },
  {
    title: 'Payloads',
    intro:
      'What Temporal stores of tasks and answers. [Payloads at rest](payloads.md) describes keys, their rotation and what stays readable.',
    prefix: ['payloads'],
  },
  {
    title: 'Codec server',
    intro:
      'The command `codec-server`, which shows encrypted runs [in the Temporal UI](payloads.md#read-runs-in-the-temporal-ui).',
    prefix: ['codec_server'],
  },
  {
    title: 'Limits',
    intro: `How large, how slow and how many requests may be. Together with each client's \`rate_limit\` and \`max_in_flight\` they keep
memory flat and responses fast under overload: excess requests are refused within about a second, with \`Retry-After\`, and a sender that
retries with the same delivery id gets the same run. Each process counts in its own memory; nothing is shared between processes.`,
    prefix: ['limits'],
  },
  { title: 'Log', intro: 'Written to standard output.', prefix: ['log'] },
];

function agentTypeSection([name, { summary, definedBy }]: [string, AgentType]): Section {
  const defines =
    definedBy === undefined
      ? ''
      : ` The variable or flag of \`${definedBy}\` defines the agent \`${name}\` where no file does.`;
  return { title: `Agent type \`${name}\``, intro: summary + defines, prefix: ['agents', '*'], agentType: name };
}

/** The page `docs/configuration.md`: every setting of the schema. */
export function renderConfigurationPage(agentTypes: AgentTypes = AGENT_TYPES): string {
  const all = listSettings(settingsWith(agentTypes));
  const sections = [...BEFORE_AGENT_TYPES, ...Object.entries(agentTypes).map(agentTypeSection), ...AFTER_AGENT_TYPES];
  return `<!-- Written by scripts/write-docs.ts from src/config: change it there. -->

# Configuration

Every default can be overridden: in the settings file, over that in the environment, over that by a flag. A setting has one name:
\`worker.journal_dir\` in the file is \`JOURNAL_DIR\` in the environment and \`--journal-dir\` on the command line; some variables have a
prefix. Settings are read once, at start. If any are invalid, one message lists all errors and the program exits with code 2.
The effective configuration is logged at start, with secrets reduced to their length.

## The settings file

The first of \`--config\`, \`${FILE_VARIABLE}\`, and \`${DEFAULT_FILE}\` in the working directory, if it exists. The format is YAML:

\`\`\`yaml
${EXAMPLE}
\`\`\`

- \`\${NAME}\` in a value is replaced by that environment variable; an unset variable is an error. \`$\${\` stands for a literal \`\${\`.
- A duration needs a unit: \`500ms\`, \`30s\`, \`10m\`, \`2h\`, \`14d\`. A size is a number of bytes, or has a unit: \`512KiB\`, \`1MiB\`.
- A rate is a number and a unit of time: \`100/s\`, \`6000/m\`, \`50000/h\`.
- A list can be one text with commas, as in the environment. In a YAML list an entry may contain a comma.
- An empty variable counts as unset.
- A variable of a secret, here or in \`\${NAME}\`, can be in a file: \`GARUDUST_WEBHOOK_SECRET_FILE=/run/secrets/hook\` reads it from there,
  as Docker and Kubernetes mount secrets, without the newline at the end. Setting both is an error. [Rotating secrets](rotation.md) shows how
  to change each of them. \`TEMPORAL_API_KEY_FILE\` and \`TEMPORAL_PROXY_FILE\` work as well.
- A renamed setting still loads under its former name, with a warning that names the new one.

${sections.map((section) => renderSection(section, all)).join('\n\n')}

## The block of the article

The file also accepts this block of the article "Event-Driven Agent Orchestration: The Garudust Webhook Protocol", unchanged:

\`\`\`yaml
webhook_adapter:
  enabled: true
  listen_port: 8080
  endpoint_path: "/invoke"
  hmac_secret: "\${GARUDUST_WEBHOOK_SECRET}"
  allowed_callback_domains: ["ops.internal.example.com", "ci.example.com"]
\`\`\`

Each key maps to one of the settings above; the client is \`default\`. Setting the same thing in both ways is an error.

${markdownTable(
  ['key', 'setting'],
  Object.entries(ADAPTER_KEYS).map(([key, path]) => [
    `\`webhook_adapter.${key}\``,
    `\`${path.map(String).join('.').replace('clients.0.', 'clients[].')}\``,
  ]),
)}

## The connection to Temporal

Configure it with environment variables or with Temporal's own profile file, as for every Temporal tool. The settings file has no
keys for it.

${markdownTable(['variable', 'default', 'meaning'], TEMPORAL)}

\`TEMPORAL_TLS_DISABLE_HOST_VERIFICATION\` and \`TEMPORAL_CODEC_*\` are read by the Temporal SDK and have no effect.

\`TEMPORAL_CLI_PATH\` is the Temporal CLI that \`dev\` and the tests use for their server; by default they find one.
`;
}

const EXAMPLE = `port: 8080
clients:
  - id: ci
    webhook_secret: "\${CI_WEBHOOK_SECRET}"
    api_key: "\${CI_API_KEY}"
    allowed_callback_domains: [ci.example.com]
agents:
  garudust:
    url: http://127.0.0.1:3000
    api_key: "\${GARUDUST_API_KEY}"
    attempt_timeout: 20m`;

const TEMPORAL: readonly (readonly string[])[] = [
  [
    '`TEMPORAL_ADDRESS`',
    '`localhost:7233`',
    'Address of the server, `host:port`. Without it, `dev` starts a dev server.',
  ],
  ['`TEMPORAL_NAMESPACE`', '`default`', 'Namespace.'],
  ['`TEMPORAL_API_KEY`', 'none', 'API key, as used by Temporal Cloud; enables TLS.'],
  ['`TEMPORAL_TLS`', 'off', '`true` enables TLS.'],
  ['`TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_CERT_DATA`', 'none', 'Client certificate, for mTLS.'],
  ['`TEMPORAL_TLS_CLIENT_KEY_PATH`, `TEMPORAL_TLS_CLIENT_KEY_DATA`', 'none', 'Private key of the client certificate.'],
  [
    '`TEMPORAL_TLS_SERVER_CA_CERT_PATH`, `TEMPORAL_TLS_SERVER_CA_CERT_DATA`',
    "the system's",
    "Certificate authority of the server's certificate.",
  ],
  ['`TEMPORAL_TLS_SERVER_NAME`', 'the host', "Name in the server's certificate."],
  [
    '`TEMPORAL_PROXY`',
    'none',
    'HTTP proxy (CONNECT) on the way to Temporal: `host:port`, or `user:password@host:port`.',
  ],
  ['`TEMPORAL_GRPC_META_*`', 'none', 'Additional headers for each call.'],
  ['`TEMPORAL_PROFILE`', '`default`', "Profile in Temporal's configuration file."],
  ['`TEMPORAL_CONFIG_FILE`', "the user's", "Path of Temporal's configuration file."],
];

function renderSection({ title, intro, prefix, agentType }: Section, all: readonly Setting[]): string {
  const found = all.filter((setting) => isIn(setting.path, prefix) && setting.agentType === agentType);
  if (found.length === 0) return `## ${title}\n\n${intro} It has no settings of its own.`;
  const rows = found.map((setting) => [
    `\`${setting.path.slice(prefix.length).join('.')}\``,
    sourcesOf(setting),
    defaultOf(setting),
    `${setting.help} (${setting.accepts})`,
  ]);
  return `## ${title}\n\n${intro}\n\n${markdownTable([headOf(prefix), 'environment, flag', 'default', 'meaning'], rows)}`;
}

function isIn(path: readonly string[], prefix: readonly string[]): boolean {
  return path.length === prefix.length + 1 && prefix.every((part, index) => part === path[index]);
}

function headOf(prefix: readonly string[]): string {
  if (prefix.length === 0) return 'setting';
  return `\`${prefix.join('.').replace('clients.*', 'clients[]').replace('.*', '.<name>')}.\``;
}

function sourcesOf({ env, flag }: Setting): string {
  return [env, flag].flatMap((source) => (source === undefined ? [] : `\`${source}\``)).join(', ');
}

function defaultOf(setting: Setting): string {
  const always = setting.defaultText ?? (setting.default === undefined ? 'must be given' : showValue(setting.default));
  return setting.devDefault === undefined ? always : `${always}; \`dev\`: ${showValue(setting.devDefault)}`;
}

function showValue(value: RawValue): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  return text === '' ? 'none' : `\`${text}\``;
}
