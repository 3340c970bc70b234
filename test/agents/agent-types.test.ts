import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { renderConfigurationPage } from '../../scripts/docs/configuration-page.ts';
import { createRunAgent } from '../../src/activities/run-agent.ts';
import { AgentError } from '../../src/agents/agent.ts';
import { type AgentTypes, defineAgentType } from '../../src/agents/agent-type.ts';
import { AGENT_TYPES, createAgent } from '../../src/agents/agent-types.ts';
import { showReady } from '../../src/cli/dev/show-ready.ts';
import { toWorkerParts } from '../../src/stack/worker-parts.ts';
import { headerSecret } from '../../src/settings/secrets.ts';
import { optionalSetting, setting } from '../../src/settings/setting.ts';
import { name } from '../../src/settings/texts.ts';
import { load, type LoadInput, refusal } from '../config/load.ts';
import { failureOf, mockAttempt, RecordingLogger } from '../support/mock-activity.ts';
import { agentInput } from '../support/run-agent-setup.ts';

/** A third type, which the table has only here. Its `api_key` is another setting than that of `garudust`. */
const parrot = defineAgentType({
  summary: 'A bird that answers over a wire.',
  settings: {
    perch: setting(name, { env: 'PARROT_PERCH', flag: '--parrot-perch', help: 'Where the bird sits.' }),
    api_key: optionalSetting(headerSecret, {
      env: 'PARROT_API_KEY',
      secret: true,
      defaultText: 'none',
      help: 'Its key.',
    }),
  },
  definedBy: 'perch',
  create: ({ perch, apiKey }) => ({
    run: () => Promise.reject(new AgentError('AgentKeyRefused', `on ${perch} refused ${apiKey?.length ?? 0} letters`)),
  }),
  describe: ({ perch }) => `parrot on ${perch}`,
  remedies: { AgentKeyRefused: (nameOf) => `Whistle ${nameOf('api_key')} as it is written at ${nameOf('perch')}.` },
  warnings: ({ perch, concurrency }) => (concurrency > 1 ? [`sits alone on ${perch}.`] : []),
});
const agentTypes: AgentTypes = { ...AGENT_TYPES, parrot };

const loadParrot = (input: LoadInput) => load({ mode: 'dev', agentTypes, ...input });

/** What a run of an agent that refuses its key is told. */
async function messageOf(input: LoadInput, agent: string): Promise<string> {
  const logger = new RecordingLogger();
  const { agents } = toWorkerParts(loadParrot(input).config, { logger }, agentTypes);
  const runAgent = createRunAgent({ agents, logger });
  return (await failureOf(mockAttempt().env.run(runAgent, agentInput({ agent })))).message;
}

describe('a type that is added as one row', () => {
  test('has its settings on the settings page, apart from those of other types', () => {
    const page = renderConfigurationPage(agentTypes);
    const section = /## Agent type `parrot`\n[^#]*/.exec(page)?.[0] ?? '';
    assert.match(section, /A bird that answers over a wire\./);
    assert.match(
      section,
      /\| `perch` +\| `PARROT_PERCH`, `--parrot-perch` +\| must be given +\| Where the bird sits\./,
    );
    assert.match(section, /\| `api_key` +\| `PARROT_API_KEY` /);
    assert.match(page, /\| `api_key` +\| `GARUDUST_API_KEY` /);
    assert.match(page, /\| `type` .*`garudust`, .*`parrot`/);
  });

  test('is defined by its variable or its flag, and configured by its variables', () => {
    const env = { PARROT_PERCH: 'oak', PARROT_API_KEY: 'polly-key' };
    const [agent] = loadParrot({ env }).config.agents;
    assert.deepEqual({ ...agent, name: 'parrot', type: 'parrot', perch: 'oak', apiKey: 'polly-key' }, agent);
    assert.deepEqual(
      loadParrot({ env: {}, flags: { parrotPerch: 'elm' } }).config.agents.map(({ name: id, type }) => [id, type]),
      [['parrot', 'parrot']],
    );
  });

  test('stands beside another that a variable defines, in the order of the table', () => {
    const env = { PARROT_PERCH: 'oak', GARUDUST_URL: 'http://127.0.0.1:3001' };
    const { agents, defaultAgent } = loadParrot({ env }).config;
    assert.deepEqual(
      agents.map(({ name: id }) => id),
      ['garudust', 'parrot'],
    );
    assert.equal(defaultAgent, 'garudust');
  });

  test('is read from the file, where faults of its settings are named', () => {
    const agents = loadParrot({ env: {}, yaml: 'agents: { bird: { type: parrot, perch: fir } }' }).config.agents;
    assert.equal(agents[0]?.type, 'parrot');
    assert.match(
      refusal({ mode: 'dev', agentTypes, env: {}, yaml: 'agents: { bird: { type: parrot, perches: fir } }' }).join(
        '\n',
      ),
      /^agents\.bird\.perch .*is missing: add it to the file\.\nagents\.bird\.perches .*is not a setting: did you mean perch\?$/,
    );
    assert.match(
      refusal({ mode: 'dev', agentTypes, env: {}, yaml: 'agents: { bird: { type: parot } }' }).join('\n'),
      /"parot" is not an agent type: use one of garudust, .*parrot\.$/,
    );
  });

  test('warns of its settings, and of a variable that configures none', () => {
    const yaml = 'agents: { bird: { type: parrot, perch: fir }, parrot: { type: demo } }';
    const { warnings } = loadParrot({ env: {}, yaml });
    assert.deepEqual(
      warnings.filter((warning) => warning.includes('bird')),
      ['Agent "bird" sits alone on fir.'],
    );
    const file = 'agents: { bird: { type: demo } }';
    assert.match(
      loadParrot({ env: { PARROT_PERCH: 'oak' }, yaml: file }).warnings.join(),
      /PARROT_PERCH is ignored: it configures the agent "parrot"/,
    );
    assert.match(
      refusal({ mode: 'dev', agentTypes, env: {}, flags: { parrotPerch: 'oak' }, yaml: file }).join(),
      /^--parrot-perch configures the agent "parrot"/,
    );
  });

  test('is named in the table of dev, and its variable beside the demo agent', () => {
    assert.match(readyTable({ env: { PARROT_PERCH: 'oak' } }), /agent +parrot on oak\n/);
    const yaml = 'agents: { bird: { type: parrot, perch: fir } }';
    assert.match(readyTable({ env: {}, yaml }), /agent +bird: parrot on fir\n/);
    assert.match(
      readyTable({ env: {} }),
      /agent +demo, .*\(set GARUDUST_URL, .*PARROT_PERCH, .* or ANTHROPIC_API_KEY to use yours\)\n/,
    );
  });

  test('has a first command in the table of dev that the client may use', () => {
    const client = 'id: ci, webhook_secret: a-secret-of-the-tests';
    assert.match(readyTable({ env: {}, yaml: `clients: [{ ${client} }]` }), /\ncurl .*X-Hub-Signature-256: sha256=/);
    const yaml = `clients: [{ ${client}, require: timestamp, allowed_user_ids: [ada] }]`;
    const timed = readyTable({ env: {}, yaml });
    assert.match(timed, /\nnpx garudust-temporal send 'Summarise .*' --url http:\/\/127\.0\.0\.1:8080 --user ada\n/);
    assert.doesNotMatch(timed, /X-Hub-Signature-256/);
  });

  test('leads to the API, and names the commands of a second terminal as the program was called', () => {
    const table = readyTable({ env: {} });
    assert.match(table, / API +http:\/\/127\.0\.0\.1:8080\/docs\n/);
    assert.match(table, /\n {2}npx garudust-temporal send ".*" --wait +# .*\n {2}npx garudust-temporal receive +# /);
  });

  test('says how to fix a failure, by the name of its setting where that is set', async () => {
    const variable = await messageOf({ env: { PARROT_PERCH: 'oak' } }, 'parrot');
    assert.match(variable, /Whistle PARROT_API_KEY as it is written at PARROT_PERCH\.$/);
    const yaml =
      'agents: { broken: { type: parrot, perch: fir, api_key: wrong }, parrot: { type: parrot, perch: yew } }';
    const env = { PARROT_API_KEY: 'polly-key' };
    const file = await messageOf({ env, yaml }, 'broken');
    assert.match(file, /Whistle agents\.broken\.api_key as it is written at agents\.broken\.perch\.$/);
    const both = await messageOf({ env, yaml }, 'parrot');
    assert.match(both, /Whistle PARROT_API_KEY as it is written at agents\.parrot\.perch\.$/);
    const flag = await messageOf({ env: {}, flags: { parrotPerch: 'elm' } }, 'parrot');
    assert.match(flag, /Whistle PARROT_API_KEY as it is written at --parrot-perch\.$/);
  });
});

test('a row that leaves anything out does not compile', () => {
  const [summary, settings, remedies] = ['A bird.', {}, {}];
  const create = () => createAgent({ type: 'demo' });
  const rows = {
    complete: defineAgentType({ summary, settings, create, describe: () => 'bird', remedies }),
    // @ts-expect-error without the settings
    settingless: defineAgentType({ summary, create, describe: () => 'bird', remedies }),
    // @ts-expect-error without its name in output
    nameless: defineAgentType({ summary, settings, create, remedies }),
    // @ts-expect-error without remedies
    helpless: defineAgentType({ summary, settings, create, describe: () => 'bird' }),
    // @ts-expect-error with a remedy that names a setting of another type
    confused: defineAgentType({ ...AGENT_TYPES.demo, remedies: { AgentKeyRefused: (nameOf) => nameOf('api_key') } }),
    // @ts-expect-error defined by a setting that it has not
    undefinable: defineAgentType({ ...AGENT_TYPES.demo, definedBy: 'url' }),
  };
  assert.equal(Object.keys(rows).length, 6);
});

test('the ready table has the form of an old secret that a library takes, beside the secret', () => {
  assert.doesNotMatch(readyTable({ env: {} }), /for a library/);
  assert.match(
    readyTable({ env: {} }, 'an old secret'),
    /secret +an old secret\n +for a library +whsec_YW4gb2xkIHNlY3JldA==\n/,
  );
});

test('an unknown type is refused by name', () => {
  const settings = load({ mode: 'dev' }).config.agents[0];
  assert.ok(settings);
  assert.throws(
    () => createAgent({ ...settings, type: 'parrot' }),
    /"parrot" is not an agent type: use one of garudust, /,
  );
  assert.throws(() => createAgent({ ...settings, type: 'constructor' }), TypeError);
});

function readyTable(input: LoadInput, webhookSecret?: string): string {
  const loadedNow = loadParrot(input);
  const generated = webhookSecret === undefined ? loadedNow.generated : [{ client: 'default', webhookSecret }];
  const loaded = { ...loadedNow, generated };
  const stdout = new PassThrough();
  const stack = {
    loaded,
    config: loaded.config,
    ingressUrl: 'http://127.0.0.1:8080',
    temporalUi: undefined,
    keepsSecrets: true,
  };
  showReady(stack, { stdout, env: { NO_COLOR: '1' }, callName: 'npx garudust-temporal' }, agentTypes);
  return String(stdout.read());
}
