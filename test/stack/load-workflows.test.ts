import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test, type TestContext } from 'node:test';
import { buildWorkflows } from '../../src/stack/build-workflows.ts';
import { loadWorkflows } from '../../src/stack/load-workflows.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const at = (name: string): string => fileURLToPath(new URL(`../workflows/fixtures/own/${name}.ts`, import.meta.url));

/** What loading a module with this code says. */
async function refusalOf(t: TestContext, code: string): Promise<string> {
  const path = join(temporaryFolder(t), 'flow.ts');
  writeFileSync(path, code);
  const loading = loadWorkflows({ workflows: { flow: path } }).then(() => 'loaded');
  return loading.catch((error: unknown) =>
    `${(error as Error).name}: ${(error as Error).message}`.replaceAll(path, 'flow.ts'),
  );
}

describe('a workflow that cannot be served is refused at the start', () => {
  for (const [what, code, words] of [
    [
      'no function',
      'export const a = 1;',
      /^StartError: workflows: flow: it exports no function: export the workflow as "flow" or as default\.$/,
    ],
    [
      'another name',
      'export function other() {}',
      /it exports the functions other: export the workflow as "flow" or as default/,
    ],
    ['throws', 'throw new Error("no luck");', /flow: it throws when it is loaded: Error: no luck\.$/],
    ['syntax', 'export function flow( {', /^StartError: workflows: cannot be bundled: \S*flow\.ts .*Unexpected token/],
    [
      'a module that is not there',
      "import './nothing.ts'; export function flow() {}",
      /Can't resolve '\.\/nothing\.ts'/,
    ],
    [
      'no determinism',
      "import fs from 'node:fs'; export const flow = () => fs.readFileSync('x');",
      /a workflow cannot import node:fs, which is not deterministic: use it in an agent/,
    ],
    ['no schema', 'export const input = {}; export function flow() {}', /its export "input" is no Standard Schema/],
    [
      'no end',
      'for (;;); export function flow() {}',
      /flow: it throws when it is loaded: Error: Script execution timed out/,
    ],
  ] as const) {
    test(what, async (t) => assert.match(await refusalOf(t, code), words));
  }

  test('no file', async () => {
    await assert.rejects(loadWorkflows({ workflows: { flow: '/nowhere/flow.ts' } }), {
      name: 'StartError',
      message: 'workflows.flow: there is no file /nowhere/flow.ts: correct the path.',
    });
  });
});

describe('a bundle that is built ahead', () => {
  test('is what the processes load, with names and schemas', async (t) => {
    const cwd = temporaryFolder(t);
    const file = join(cwd, 'garudust-temporal.yaml');
    writeFileSync(file, `api: \${NOT_SET}\nworkflow_bundle: ./build/flows.js\nworkflows:\n  typed: ${at('typed')}\n`);
    const built = await buildWorkflows({ env: {}, cwd, flags: { config: file } });
    assert.deepEqual([built.path, built.workflows], [join(cwd, 'build/flows.js'), ['typed']]);
    const config = { workflows: { typed: '/gone/typed.ts' }, workflowBundle: built.path };
    const { workflows } = await loadWorkflows(config);
    assert.deepEqual(await workflows.get('typed')?.validate({ number: '1' }), []);
    const [issue] = (await workflows.get('typed')?.validate({ number: 'x' })) ?? [];
    assert.equal(issue?.field, 'number');
    const more = { ...config, workflows: { ...config.workflows, triage: '/gone/triage.ts' } };
    await assert.rejects(loadWorkflows(more), /does not contain triage: run "garudust-temporal build" again/);
  });

  test('is refused where it is none', async (t) => {
    const path = join(temporaryFolder(t), 'bundle.js');
    const config = { workflows: { typed: at('typed') }, workflowBundle: path };
    await assert.rejects(loadWorkflows(config), /cannot read .*: run "garudust-temporal build"/);
    writeFileSync(path, 'nothing');
    await assert.rejects(loadWorkflows(config), /is no bundle of this product/);
  });

  test('needs a file to write and a workflow', async (t) => {
    const cwd = temporaryFolder(t);
    await assert.rejects(buildWorkflows({ env: {}, cwd }), /There is no settings file/);
    const file = join(cwd, 'garudust-temporal.yaml');
    writeFileSync(file, 'port: 1\n');
    await assert.rejects(buildWorkflows({ env: {}, cwd }), /There is no file to write: set workflow_bundle/);
    await assert.rejects(buildWorkflows({ env: {}, cwd, out: 'x.js' }), /workflows is empty/);
    writeFileSync(file, 'workflows: { agentRun: ./a.ts, b: ./b.py }\n');
    await assert.rejects(
      buildWorkflows({ env: {}, cwd, out: 'x.js' }),
      /agentRun.*has the name of a workflow of this product|has the name/s,
    );
  });
});
