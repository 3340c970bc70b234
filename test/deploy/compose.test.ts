import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { reportMissingTool } from '../support/missing-tool.ts';
import { GoMissingError } from '../support/go-program.ts';
import {
  COMPOSE_FILE,
  ComposeFileError,
  type ComposeModel,
  type ComposeService,
  loadCompose,
} from './compose-model.ts';
import { drainMs, settingsOf, unknownVariables } from './settings-of.ts';
import { loadSchema } from './schema-check.ts';

const SECRETS = ['GARUDUST_WEBHOOK_SECRET', 'RUNS_API_KEY', 'GARUDUST_API_KEY', 'POSTGRES_PASSWORD'] as const;
const FILLED = Object.fromEntries(SECRETS.map((name) => [name, `made-up-for-a-test-${name.toLowerCase()}`]));
const OURS = ['setup', 'ingress', 'worker'];

const composeText = readFileSync(COMPOSE_FILE, 'utf8');
const exampleText = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

it('keeps to the schema of the Compose Specification', () => {
  assert.deepEqual(loadSchema('compose-spec.json')(parse(composeText, { merge: true })), []);
});

it('explains every variable in .env.example, and gives no secret a value', () => {
  const used = [...composeText.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? '');
  const explained = [...exampleText.matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([line, name = '', value = '']) => ({
    name,
    value,
    isSet: !line.startsWith('#'),
  }));
  assert.deepEqual([...new Set(used)].toSorted(), explained.map(({ name }) => name).toSorted());
  assert.deepEqual(
    explained.filter(({ isSet }) => isSet).map(({ name, value }) => [name, value]),
    [...SECRETS.map((name) => [name, ''])],
  );
});

describe('as Docker Compose reads it', () => {
  let model: ComposeModel | undefined;
  before(async () => {
    try {
      model = await loadCompose(FILLED, ['garudust']);
    } catch (error) {
      if (!(error instanceof GoMissingError)) throw error;
      reportMissingTool('go', 'whether docker-compose.yml is consistent, by the loader of Docker Compose');
    }
  });

  /** Runs a check on every service; nothing where there is no Go, which has been reported. */
  const each = (check: (name: string, service: ComposeService) => void): void => {
    for (const [name, service] of Object.entries(model?.services ?? {})) check(name, service);
  };

  for (const missing of SECRETS) {
    it(`does not start without ${missing}, and says where to set it`, async (t) => {
      if (!model) return t.diagnostic('needs go');
      const { [missing]: _, ...others } = FILLED;
      for (const variables of [others, { ...others, [missing]: '' }]) {
        await assert.rejects(
          loadCompose(variables),
          (error) =>
            error instanceof ComposeFileError &&
            error.message.includes(`required variable ${missing} is missing a value: set it in .env, see .env.example`),
        );
      }
    });
  }

  it('pins every image, our own at this version and the schema tool at that of the server', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    each((name, { image }) => {
      assert.match(image, /:v?\d+\.\d+/, `${name}: ${image}`);
      if (OURS.includes(name)) assert.equal(image, `garudust-temporal:${version}`);
    });
    const tagOf = (name: string): string | undefined => model?.services[name]?.image.split(':')[1];
    assert.equal(tagOf('schema'), tagOf('temporal'));
  });

  it('gives our processes only variables that they read, and settings that they accept', () => {
    each((name, { environment = {} }) => {
      if (!OURS.includes(name)) return;
      assert.deepEqual(unknownVariables(environment), [], name);
      if (name === 'setup') return;
      const { config, warnings } = settingsOf(environment);
      assert.deepEqual(warnings, [], name);
      assert.equal(config.port, 8080);
      assert.equal(config.adminPort, 9090);
    });
  });

  it('leaves our processes the time to drain', () => {
    each((name, { environment = {}, stop_grace_period: grace = '10s' }) => {
      if (!OURS.includes(name) || name === 'setup') return;
      const seconds = Number(/^(\d+)s$/.exec(grace)?.[1]);
      const needed = drainMs(name, environment) / 1000;
      assert.ok(seconds >= needed + 5, `${name} may take ${needed} s and is killed after ${grace}`);
    });
  });

  it('lets a service that keeps running wait for each one that ends, or `up --wait` would fail', () => {
    each((name, { restart }) => {
      if (restart === 'unless-stopped') return;
      assert.match(restart ?? '', /^on-failure:\d$/, name);
      const waiting = Object.values(model?.services ?? {}).filter(
        (other) => other.depends_on?.[name]?.condition === 'service_completed_successfully',
      );
      assert.ok(
        waiting.some((other) => other.restart === 'unless-stopped'),
        `nothing waits for ${name}`,
      );
    });
  });

  it('takes from containers what they do not need', () => {
    each((name, service) => {
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      if (name !== 'postgres') assert.deepEqual(service.cap_drop, ['ALL'], name);
      if (OURS.includes(name)) assert.equal(service.read_only, true, name);
    });
  });

  it('opens no port beyond this machine by itself', () => {
    each((name, { ports = [] }) => {
      for (const port of ports) assert.equal(port.host_ip, '127.0.0.1', `${name} ${port.target}`);
    });
  });

  it('keeps the agent away from Temporal, and everybody but Temporal away from the database', () => {
    const withNetwork = (network: string): string[] =>
      Object.entries(model?.services ?? {}).flatMap(([name, { networks = {} }]) => (network in networks ? [name] : []));
    if (!model) return;
    assert.deepEqual(withNetwork('agent').toSorted(), ['garudust', 'worker']);
    assert.deepEqual(withNetwork('database').toSorted(), ['postgres', 'schema', 'temporal']);
    assert.ok(!withNetwork('default').some((name) => ['garudust', 'postgres'].includes(name)));
  });

  it('gives the worker a journal in a volume of its own', () => {
    if (!model) return;
    const { environment = {}, volumes = [] } = model.services['worker'] ?? {};
    assert.deepEqual(volumes, [{ type: 'volume', target: environment['JOURNAL_DIR'] }]);
  });
});
