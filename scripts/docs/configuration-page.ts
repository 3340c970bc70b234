import { DEFAULT_FILE, FILE_VARIABLE } from '../../src/config/load-config.ts';
import { listSettings, type Setting } from '../../src/config/list-settings.ts';
import type { RawValue } from '../../src/settings/setting.ts';
import { ADAPTER_KEYS } from '../../src/config/webhook-adapter.ts';
import { markdownTable } from './markdown-table.ts';

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Begin of the path of its settings; empty: those that stand in no block. */
  readonly prefix: readonly string[];
}

const SECTIONS: readonly Section[] = [
  {
    title: 'The process',
    intro: 'At the top of the file. Ports and addresses, and what ingress and worker must have in common.',
    prefix: [],
  },
  {
    title: 'Clients',
    intro: `Who may call: a list under \`clients\`. Without it there is one client, \`default\`, and the variables describe it. With it, a
variable goes over the client \`default\` of the list, where there is one.

A secret of fewer than 8 characters is refused in production: everyone who has seen one signed body, as each callback receiver
has, can guess it at leisure. \`openssl rand -hex 20\` prints a good one. Two clients can't share a secret or a key.`,
    prefix: ['clients', '*'],
  },
  {
    title: 'Agents',
    intro: `Who answers: a block of names under \`agents\`. Without it there is one agent: \`garudust\`, or in \`dev\` without \`GARUDUST_URL\` the
built-in \`demo\`. The variables describe the agent \`garudust\`. An agent of the type \`demo\` has neither \`url\` nor \`api_key\`.`,
    prefix: ['agents', '*'],
  },
  {
    title: 'Sources',
    intro: `Senders of another kind, each with a path of its own: a block of names under \`sources\`. What the presets are, and how
filters and templates are written, stands on the page about sources.`,
    prefix: ['sources', '*'],
  },
  { title: 'How a source signs', intro: 'Where no scheme has a name for it.', prefix: ['sources', '*', 'hmac'] },
  { title: 'How an event becomes a task', intro: 'Templates over the event.', prefix: ['sources', '*', 'map'] },
  { title: 'Callbacks', intro: 'How outcomes are delivered.', prefix: ['callback'] },
  { title: 'Worker', intro: 'How much it does at once, and how it stops.', prefix: ['worker'] },
  {
    title: 'Limits',
    intro: `How large and how slow a request may be, and how many at once. Together with \`rate_limit\` and \`max_in_flight\` of each client
this keeps memory flat and answers quick when more comes than can be recorded: what is over is refused at once, with
\`Retry-After\`, and a sender that tries again with the same delivery id gets the same run. Everything is counted in memory, in
each process for itself; nothing is shared between processes.`,
    prefix: ['limits'],
  },
  { title: 'Log', intro: 'To standard output.', prefix: ['log'] },
];

/** The page `docs/configuration.md`: every setting of the schema. */
export function renderConfigurationPage(): string {
  return `<!-- Written by scripts/write-docs.ts from src/config: change it there. -->

# Configuration

A value is taken from the first of: a flag, the environment, the settings file, the default. All of it is read once, at the
start. Whatever is wrong with it is told in one message, and the program ends with exit code 2. The effective configuration
is logged at the start; of a secret only its length.

## The settings file

\`--config\`, else \`${FILE_VARIABLE}\`, else \`${DEFAULT_FILE}\` in the working directory where there is one. It is YAML:

\`\`\`yaml
${EXAMPLE}
\`\`\`

- \`\${NAME}\` in a value is taken from the environment; a variable that is not set is an error. \`$\${\` stands for \`\${\` itself.
- A duration has its unit: \`500ms\`, \`30s\`, \`10m\`, \`2h\`, \`14d\`. A size is a number of bytes, or has its unit: \`512KiB\`, \`1MiB\`.
- A rate is a number and a unit of time: \`100/s\`, \`6000/m\`, \`50000/h\`.
- A list can be one text with commas, which is how the environment writes it. In a list proper an entry may hold a comma.
- An empty variable counts as unset.
- A setting that was renamed loads under its former name as well, with a warning that names the new one.

${SECTIONS.map(renderSection).join('\n\n')}

## The block of the article

The file also takes the block of the article "Event-Driven Agent Orchestration: The Garudust Webhook Protocol" as it stands
there:

\`\`\`yaml
webhook_adapter:
  enabled: true
  listen_port: 8080
  endpoint_path: "/invoke"
  hmac_secret: "\${GARUDUST_WEBHOOK_SECRET}"
  allowed_callback_domains: ["ops.internal.example.com", "ci.example.com"]
\`\`\`

Each key means one of the settings above, and stands for the client \`default\`. Giving a setting in both ways is an error.

${markdownTable(
  ['key', 'setting'],
  Object.entries(ADAPTER_KEYS).map(([key, path]) => [
    `\`webhook_adapter.${key}\``,
    `\`${path.map(String).join('.').replace('clients.0.', 'clients[].')}\``,
  ]),
)}

## The connection to Temporal

Read from the environment and from Temporal's own profile file, as every Temporal tool does; they have no place in the settings
file.

${markdownTable(['variable', 'default', 'meaning'], TEMPORAL)}

\`TEMPORAL_TLS_DISABLE_HOST_VERIFICATION\` and \`TEMPORAL_CODEC_*\` are read by the Temporal SDK and have no effect.

\`TEMPORAL_CLI_PATH\` is the Temporal CLI whose server \`dev\` and the tests start; without it they find one.
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
    'The server, as `host:port`. In `dev` without it a dev server is started.',
  ],
  ['`TEMPORAL_NAMESPACE`', '`default`', 'The namespace.'],
  ['`TEMPORAL_API_KEY`', 'none', 'API key, as Temporal Cloud has it; it switches TLS on.'],
  ['`TEMPORAL_TLS`', 'off', '`true` switches TLS on.'],
  ['`TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_CERT_DATA`', 'none', 'Certificate of the client, for mTLS.'],
  ['`TEMPORAL_TLS_CLIENT_KEY_PATH`, `TEMPORAL_TLS_CLIENT_KEY_DATA`', 'none', 'Its private key.'],
  [
    '`TEMPORAL_TLS_SERVER_CA_CERT_PATH`, `TEMPORAL_TLS_SERVER_CA_CERT_DATA`',
    "the system's",
    "Certificate authority that has signed the server's certificate.",
  ],
  ['`TEMPORAL_TLS_SERVER_NAME`', 'the host', "Name in the server's certificate."],
  ['`TEMPORAL_GRPC_META_*`', 'none', 'Further headers of each call.'],
  ['`TEMPORAL_PROFILE`', '`default`', "Profile of Temporal's own configuration file."],
  ['`TEMPORAL_CONFIG_FILE`', "the user's", 'That file.'],
];

function renderSection({ title, intro, prefix }: Section): string {
  const found = listSettings().filter(({ path }) => isIn(path, prefix));
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
