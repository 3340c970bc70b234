/** Throws generated requests at a real stack and holds each answer to the OpenAPI document: `npm run test:api`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installPythonTool } from '../support/python-tool.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { startTestStack } from '../support/start-test-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCHEMATHESIS = '4.32.5';
const VALIDATOR = '0.9.0';
const TOOL = {
  key: `schemathesis-${SCHEMATHESIS}`,
  packages: [`schemathesis==${SCHEMATHESIS}`, `openapi-spec-validator==${VALIDATOR}`],
};
/** What its hooks judge instead, and what is told otherwise: Temporal removes a run within half a minute of its DELETE. */
const EXCLUDED = 'positive_data_acceptance,use_after_free';
const SECRET = 'the-secret-of-the-api-test';
const KEY = 'the-key-of-the-api-test';
/** Of `github`, which the document's example names. */
const SOURCE = {
  name: 'github',
  preset: 'generic',
  scheme: 'github',
  secret: [SECRET],
  client: 'default',
  // Its sender may ask whether the URL is there.
  handshake: { kind: 'reachable' },
  map: { text: 'an event' },
} as const;

test('the API is what its document says', { timeout: 400_000 }, async (t) => {
  const unchecked = 'that the API is what its OpenAPI document says (Schemathesis)';
  const programs = await installPythonTool(TOOL, unchecked, () => {
    process.stdout.write(`please wait     installing Schemathesis ${SCHEMATHESIS} into the cache folder\n`);
  });
  if (programs === undefined) return;
  const folder = temporaryFolder(t);
  const { url } = await startTestStack(t, {
    env: { GARUDUST_WEBHOOK_SECRET: SECRET, RUNS_API_KEY: KEY },
    change: (config) => ({
      ...config,
      sources: sourcesOf(SOURCE),
      // No callback may leave this machine for an address that was made up.
      clients: config.clients.map((client) => ({ ...client, allowedCallbackDomains: ['callbacks.invalid'] })),
    }),
  });

  await t.test('which is valid OpenAPI', async () => {
    const document = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
    assert.equal(await run(join(programs, 'openapi-spec-validator'), [document], folder), 0);
  });

  await t.test('for whatever is asked', async () => {
    const code = await run(
      join(programs, 'schemathesis'),
      [
        'run',
        `${url}/openapi.json`,
        ...['--checks', 'all', '--exclude-checks', EXCLUDED],
        ...['--workers', '2'],
        ...['--max-examples', '200'],
        ...['--request-timeout', '65'],
        // Made-up callback addresses are all refused here: a warning about that would say nothing.
        ...['--warnings', 'missing_auth,missing_test_data'],
        ...requests(process.env['API_TEST_SEED']),
      ],
      folder,
    );
    assert.equal(code, 0, 'what Schemathesis found stands above');
  });
});

/** The same requests each time; with a seed, such as API_TEST_SEED=7, others. */
function requests(seed: string | undefined): string[] {
  return seed === undefined ? ['--generation-deterministic'] : ['--seed', seed, '--generation-database', 'none'];
}

/** @param folder working directory: Schemathesis leaves files there */
function run(program: string, args: readonly string[], folder: string): Promise<number> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: folder,
    env: {
      ...process.env,
      API_TEST_SECRET: SECRET,
      API_TEST_KEY: KEY,
      SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
      PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)),
      PYTHONDONTWRITEBYTECODE: '1',
    },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
