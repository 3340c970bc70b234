import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { load, refusal, temporaryFolder } from './load.ts';

const HEAD = 'agents: { one: { type: demo } }\nworkflows: { triage: ./flows/triage.ts }\n';
const CLIENT = 'clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\n';

describe('workflows in the file', () => {
  test('have paths relative to it, and are what clients, sources and schedules can name', (t) => {
    const cwd = temporaryFolder(t);
    const { config } = load({
      cwd,
      yaml: `${HEAD}workflow_bundle: ./build/flows.js
clients: [{ id: ci, webhook_secret: a-secret-of-the-tests, workflows: [triage], workflow: triage }]
sources: { open: { unsigned: true, workflow: triage, map: { text: x, input: { a: "{{ event.a }}" } } } }
schedules: { nightly: { cron: "@daily", text: Hello, workflow: triage } }
`,
    });
    assert.deepEqual(config.workflows, { triage: join(cwd, 'flows/triage.ts') });
    assert.equal(config.workflowBundle, join(cwd, 'build/flows.js'));
    const [client] = config.clients;
    assert.deepEqual([client?.workflows, client?.workflow], [['triage'], 'triage']);
    const source = config.sources.get('open');
    assert.deepEqual([source?.workflow, source?.map.input.map(([name]) => name)], ['triage', ['a']]);
    assert.equal(config.schedules['nightly']?.workflow, 'triage');
  });

  for (const [what, yaml, words] of [
    ['a name of ours', 'workflows: { agentRun: ./a.ts }', /agentRun.*has the name of a workflow of this product/],
    ['no module', 'workflows: { a: ./a.py }', /is not the path of a module: write it as \.\/flows\/triage\.ts/],
    ['no block', 'workflows: [a]', /workflows .*is not a block/],
    [
      'an unknown one of a source',
      `${HEAD}sources: { s: { unsigned: true, workflow: other } }`,
      /"other", which is not defined: use one of triage/,
    ],
    [
      'two ways of a source',
      `${HEAD}sources: { s: { unsigned: true, workflow: triage, agent: one } }`,
      /cannot be combined with agent/,
    ],
    [
      'input without a workflow',
      `${HEAD}sources: { s: { unsigned: true, map: { input: { a: b } } } }`,
      /is for a workflow/,
    ],
    [
      'an unknown one of a schedule',
      `${HEAD}schedules: { s: { cron: "@daily", text: x, workflow: other } }`,
      /"other", which is not defined/,
    ],
    ['a bundle that is none', 'workflow_bundle: ./flows.ts', /is not a path of a JavaScript file/],
  ] as const) {
    test(`are refused with ${what}`, () => {
      const lines = refusal({ yaml: `${CLIENT}${yaml}\n` });
      assert.ok(
        lines.some((line) => words.test(line)),
        lines.join('\n'),
      );
    });
  }

  test('are refused where a client names one that is not there', () => {
    const yaml = `${HEAD}clients: [{ id: ci, webhook_secret: a-secret-of-the-tests, workflow: other }]\n`;
    assert.match(refusal({ yaml }).join('\n'), /names the workflow "other", which is not defined: use one of triage/);
  });
});
