import { z } from 'zod';
import type { AgentTypes } from '../agents/agent-type.ts';
import { AGENT_TYPES, agentSchema } from '../agents/agent-types.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/names.ts';
import { baseUrl, domain, listenHost, network, postUrl, proxyUrl, socketAddress } from '../settings/addresses.ts';
import { listOf } from '../settings/kind.ts';
import { duration, payload, rate, size, wholeNumber } from '../settings/quantities.ts';
import { apiKeys, boundHeaders, callbackSecrets, signingSecrets, strongSecrets } from '../settings/secrets.ts';
import { endpointPath, name, NAME_PATTERN, oneOf, taskQueue, userId, yesOrNo } from '../settings/texts.ts';
import { ownWorkflows, workflowBundle } from '../settings/own-workflows.ts';
import { MAX_QUEUED } from '../contract/session.ts';
import { sessionPolicy } from '../settings/session-policy.ts';
import { optionalSetting, setting } from '../settings/setting.ts';
import { source } from '../sources/source-settings.ts';
import { log } from './log-settings.ts';
import { codecServer, payloads } from './payload-schema.ts';
import { schedule, SCHEDULE_NAME } from './schedule-settings.ts';
import { worker } from './worker-schema.ts';

const port = wholeNumber({ min: 0, max: 65_535, noun: 'port' });

const long = duration({ min: '1s', max: '365d' });

/** A wait within the process: setTimeout takes 24.8 days at most. */
const waitTime = duration({ min: '100ms', max: '24d' });

/** How many of something may be in progress at once. */
const inFlight = wholeNumber({ min: 1, max: 100_000 });

const client = z.strictObject({
  id: setting(name, { help: 'Name of the client in metrics and in the Temporal UI.' }),
  webhook_secret: setting(signingSecrets, {
    env: 'GARUDUST_WEBHOOK_SECRET',
    formerly: { key: 'hmac_secret' },
    secret: true,
    defaultText: 'none: refuses to start; `dev` generates one',
    help: 'Secrets that verify deliveries. List several while rotating: any of them verifies, and the first one signs callbacks that have room for one signature.',
  }),
  require: optionalSetting(oneOf(['timestamp']), {
    defaultText: 'none: either signature',
    help: 'What tasks on `/webhook` must have beside a valid signature. `timestamp`: a signed id and time, so only Standard Webhooks; a recorded request cannot be replayed later or under another id.',
  }),
  api_key: optionalSetting(apiKeys, {
    env: 'RUNS_API_KEY',
    formerly: { key: 'api_keys' },
    secret: true,
    defaultText: 'none: `/v1` refuses; `dev` generates one',
    help: 'Bearer keys for `/v1`.',
  }),
  callback_secret: optionalSetting(callbackSecrets, {
    env: 'CALLBACK_SECRET',
    secret: true,
    defaultText: 'the webhook secrets',
    help: 'Secrets that sign callbacks. An Ed25519 private key `whsk_…` makes signatures that receivers verify with its public key.',
  }),
  allowed_callback_domains: setting(listOf(domain, 'host names'), {
    env: 'GARUDUST_ALLOWED_CALLBACK_DOMAINS',
    default: [],
    help: 'Hosts that callbacks may go to. Empty: any public host.',
  }),
  allowed_user_ids: optionalSetting(listOf(userId, 'user ids'), {
    env: 'GARUDUST_ALLOWED_USER_IDS',
    defaultText: 'any user, or none',
    help: 'Users that tasks may act for, exactly as `user_id` or `principal`, or the `map.user_id` of a source, names them. With a list, a task that names no user is refused as well.',
  }),
  agents: optionalSetting(listOf(name, 'agent names'), {
    defaultText: 'every agent',
    help: 'Agents that the client may use. The first one is its default where `default_agent` is not listed.',
  }),
  workflows: optionalSetting(listOf(name, 'workflow names'), {
    defaultText: 'every workflow',
    help: 'Workflows that the tasks of the client may name.',
  }),
  workflow: optionalSetting(name, {
    defaultText: 'none: an agent runs them',
    help: 'Workflow that runs the tasks of the client that name neither an agent nor a workflow.',
  }),
  rate_limit: setting(rate, {
    default: '500/s',
    help: 'Tasks and events that one process accepts from this client per second, minute or hour; above it, `429`. Each process counts in its own memory.',
  }),
  max_in_flight: setting(inFlight, {
    default: 100,
    help: 'Tasks and events of this client that one process records at once. Above it they wait for up to 2 s, in order of arrival, then `429`. Keep it below `limits.max_in_flight`, so that one busy client leaves room for the others.',
  }),
  session_policy: sessionPolicy(
    "the agent's",
    'What happens to a task of this client while another run of its session key is at work. `queue`: it waits for its turn. `parallel`: it runs at once. `reject`: `409`. `interrupt`: it cancels the run at work and is next. `collect`: it waits, and one call of the agent answers all that waits with it. See [sessions](sessions.md).',
  ),
  callback_questions: setting(yesOrNo, {
    env: 'CALLBACK_QUESTIONS',
    default: false,
    help: 'Whether the callback URL of a run is told, too, when the run asks a person: by a callback with `status: input_required` and no `text`. Set it once the receivers tell it from an outcome. See [approvals](approvals.md#tell-the-caller).',
  }),
  callback_headers: optionalSetting(boundHeaders, {
    secret: true,
    defaultText: 'none',
    help: "Headers added to this client's callbacks to these hosts, such as a gateway key: `{hosts: [ci.example.com], headers: {X-Key: …}}`. `*.example.com` means every subdomain.",
  }),
});

const perSecond = wholeNumber({ min: 1, max: 10_000 });

const limits = z.strictObject({
  body: setting(payload, { default: '1MiB', help: 'Largest request body; above it, `413`.' }),
  headers_timeout: setting(waitTime, { default: '10s', help: 'Time limit for the headers of a request.' }),
  body_timeout: setting(waitTime, { default: '20s', help: 'Time limit for the body, from the end of the headers.' }),
  keep_alive: setting(waitTime, {
    default: '65s',
    help: 'How long an idle connection stays open. Keep it above the idle timeout of the load balancer in front of this server, which must be the one to close.',
  }),
  max_in_flight: setting(inFlight, {
    default: 128,
    help: 'Tasks and events that one process handles at once, for all clients. Above it as many more wait for up to 2 s before their body is read, then `503`. As many of them are recorded at once as Temporal records without delay; the others wait up to a second for their turn, then `503`. When all slots are taken, the oldest stalled upload is dropped.',
  }),
  body_budget: setting(size({ min: '64KiB', max: '4096MiB' }), {
    default: '64MiB',
    help: 'Bytes of all request bodies that one process holds at once, until they are answered and their calls to Temporal have ended; above it, `503`. Bodies of up to 64 KiB may use an eighth more. The largest body limit must fit in it.',
  }),
  max_connections: setting(wholeNumber({ min: 1, max: 100_000 }), {
    default: 2000,
    help: 'Open connections of one server; further ones are closed at once.',
  }),
  write_timeout: setting(waitTime, {
    default: '30s',
    help: 'A connection whose client does not take a finished response within this time is closed.',
  }),
  shutdown_grace: setting(duration({ min: '0s', max: '24d' }), {
    default: '10s',
    help: 'Time for requests in flight to finish when the server stops.',
  }),
  max_waits: setting(inFlight, {
    default: 1000,
    help: 'Concurrent `?wait=` polls in one process, for all clients; above it, `503`. Each run that is waited for costs one long poll at Temporal.',
  }),
  max_waits_per_client: setting(inFlight, {
    default: 200,
    help: 'Concurrent `?wait=` polls of one client; above it, `429`.',
  }),
  session_queue: setting(wholeNumber({ min: 1, max: 5000 }), {
    default: MAX_QUEUED,
    help: 'Runs of one session key that may wait for their turn, roughly; above it, `429` `session_full`.',
  }),
  max_streams: setting(inFlight, {
    default: 200,
    help: 'Concurrent event streams in one process, for all clients; above it, `503`. Each run that is followed costs one long poll at Temporal.',
  }),
  max_streams_per_client: setting(inFlight, {
    default: 50,
    help: 'Concurrent event streams of one client; above it, `429`.',
  }),
  stream_keep_alive: setting(waitTime, {
    default: '15s',
    help: 'Interval of the comments that keep an idle stream open. Keep it below the idle timeout of any proxy in front of this server.',
  }),
  stream_stalled_timeout: setting(waitTime, {
    default: '1m',
    help: 'A stream whose reader takes no data for this long is closed.',
  }),
  lists_per_second: setting(perSecond, {
    default: 5,
    help: 'Rate at which one process lists runs in Temporal, for all clients; above it, `503`. A self-hosted server allows 10 per second and namespace, including its UI.',
  }),
  lists_burst: setting(inFlight, { default: 15, help: 'Lists allowed at once before `lists_per_second` applies.' }),
  lists_per_second_per_client: setting(perSecond, {
    default: 2,
    help: 'Rate at which one client may list its runs; above it, `429`.',
  }),
  lists_burst_per_client: setting(inFlight, {
    default: 10,
    help: 'Lists allowed at once before `lists_per_second_per_client` applies.',
  }),
  lists_reuse: setting(duration({ min: '0s', max: '1m' }), {
    default: '500ms',
    help: "How long the answer to the same query is reused. Temporal's own list lags as far behind.",
  }),
});

const callback = z.strictObject({
  permit_networks: setting(listOf(network, 'networks'), {
    env: 'CALLBACK_PERMIT_NETWORKS',
    default: [],
    devDefault: ['127.0.0.0/8', '::1/128'],
    help: 'Private networks that callbacks may go to. Only the operator can open them.',
  }),
  proxy: optionalSetting(proxyUrl, {
    env: 'CALLBACK_PROXY',
    secret: true,
    defaultText: 'none',
    help: 'HTTP proxy for all callbacks (CONNECT). The proxy then decides which addresses host names may resolve to.',
  }),
  retry_delays: setting(listOf(long, 'durations', 64), {
    default: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'],
    help: 'Delays between attempts, ±20 %; there is one attempt more than delays. The default is the schedule of Standard Webhooks.',
  }),
  attempt_timeout: setting(waitTime, { default: '15s', help: 'Time limit of one attempt.' }),
  dead_letter: setting(long, {
    default: '14d',
    help: 'How long a run stays open for redelivery after its callback has failed for good.',
  }),
  stop_statuses: setting(listOf(wholeNumber({ min: 300, max: 599, noun: 'HTTP status' }), 'HTTP statuses'), {
    default: ['410'],
    help: 'Response statuses that end the attempts. Any other status outside 2xx is retried.',
  }),
  per_host: setting(wholeNumber({ min: 1, max: 10_000 }), {
    default: 50,
    help: 'Concurrent attempts to one host per worker, and to all slow hosts together. A host that does not answer gets fewer.',
  }),
  dead_letter_webhook: optionalSetting(postUrl, {
    env: 'CALLBACK_DEAD_LETTER_WEBHOOK',
    secret: true,
    defaultText: 'none',
    help: "The operator's URL, notified once for each run whose callback is dead. May be a private address.",
  }),
  dead_letter_secret: optionalSetting(callbackSecrets, {
    env: 'CALLBACK_DEAD_LETTER_SECRET',
    secret: true,
    defaultText: "the client's callback secrets",
    help: 'Secrets that sign requests to `dead_letter_webhook`.',
  }),
});

/** Every setting, by its path in the file. It reads durations as milliseconds and sizes as bytes. */
export const settings = z.strictObject({
  ingress_enabled: setting(yesOrNo, {
    formerly: { key: 'listen_enabled' },
    default: true,
    help: 'Whether this process accepts webhooks; `false` where only a worker runs.',
  }),
  host: setting(listenHost, {
    env: 'HOST',
    flag: '--host',
    formerly: { key: 'listen_host' },
    default: '0.0.0.0',
    devDefault: '127.0.0.1',
    help: 'Address of the public API: webhooks and `/v1`.',
  }),
  port: setting(port, {
    env: 'PORT',
    flag: '--port',
    formerly: { key: 'listen_port' },
    default: 8080,
    help: 'Port of the public API; 0 picks a free port.',
  }),
  endpoint_path: setting(endpointPath, {
    env: 'ENDPOINT_PATH',
    default: '/invoke',
    help: 'Second path for tasks, beside `/webhook`.',
  }),
  admin_host: setting(listenHost, {
    env: 'ADMIN_HOST',
    flag: '--admin-host',
    default: '0.0.0.0',
    devDefault: '127.0.0.1',
    help: 'Address of health checks and metrics. They require no key: keep it private.',
  }),
  admin_port: setting(port, {
    env: 'ADMIN_PORT',
    flag: '--admin-port',
    default: 9090,
    help: 'Port of health checks and metrics; 0 picks a free port.',
  }),
  sdk_metrics_address: optionalSetting(socketAddress, {
    env: 'SDK_METRICS_ADDRESS',
    defaultText: 'none: they are not served',
    help: 'Address, such as `0.0.0.0:9464`, where the Temporal SDK serves its own metrics: `temporal_*`, at `/metrics`. They require no key: keep it private.',
  }),
  public_url: optionalSetting(baseUrl, {
    env: 'PUBLIC_URL',
    defaultText: 'none: links are paths',
    help: 'URL at which callers reach this API, such as `https://agents.example.com`, with the path that a proxy takes away, if any. `Location`, `links.self`, the OpenAPI document and the Temporal UI then have whole addresses.',
  }),
  answer_link_secret: optionalSetting(strongSecrets, {
    env: 'ANSWER_LINK_SECRET',
    secret: true,
    defaultText: 'none: there are no links',
    help: 'Secrets of the links that answer a question without a login, for ingress and worker alike. The first one signs, all verify. Links need `public_url`, too. See [approvals](approvals.md#a-link-without-a-login).',
  }),
  temporal_ui_url: optionalSetting(baseUrl, {
    env: 'TEMPORAL_UI_URL',
    defaultText: 'none; `dev`: the UI that it starts',
    help: 'URL of the Temporal UI; runs link to it.',
  }),
  task_queue: setting(taskQueue, {
    env: 'TEMPORAL_TASK_QUEUE',
    flag: '--task-queue',
    default: DEFAULT_TASK_QUEUE,
    help: 'Temporal task queue that ingress and worker share.',
  }),
  clients: z.array(client),
  agents: agentsOf(AGENT_TYPES),
  default_agent: optionalSetting(name, { defaultText: 'the first one', help: 'Agent for tasks that name none.' }),
  workflows: optionalSetting(ownWorkflows, {
    defaultText: 'none',
    help: 'Workflows of your own, which tasks, clients, sources and schedules can name: `triage: ./flows/triage.ts` or `.js`, relative to the settings file. Each module exports its workflow under that name or as default. See [workflows](workflows.md#run-your-workflow-from-a-webhook).',
  }),
  workflow_bundle: optionalSetting(workflowBundle, {
    env: 'WORKFLOW_BUNDLE',
    defaultText: 'none: `workflows` are bundled at every start',
    help: 'File that `garudust-temporal build` writes and every process with `workflows` loads, relative to the settings file.',
  }),
  sources: z.record(z.string().regex(NAME_PATTERN), source),
  schedules: z.record(z.string().regex(SCHEDULE_NAME), schedule),
  limits,
  callback,
  worker,
  payloads,
  codec_server: codecServer,
  log,
});

function agentsOf(types: AgentTypes) {
  return z.record(z.string().regex(NAME_PATTERN), agentSchema(types));
}

/** The same settings with other agent types. */
export function settingsWith(types: AgentTypes): typeof settings {
  return types === AGENT_TYPES ? settings : settings.extend({ agents: agentsOf(types) });
}

/** The settings as the schema reads them, named as in the file. */
export type Settings = z.infer<typeof settings>;
