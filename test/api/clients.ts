/** Generates a TypeScript and a Python client from the OpenAPI document and uses both on a real stack: `npm run test:clients`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { documentedCode } from '../support/documented-code.ts';
import { installNodeTool } from '../support/node-tool.ts';
import { installPythonTool } from '../support/python-tool.ts';
import { API_KEY, SECRET, startTestStack } from '../support/start-test-stack.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PAGE = 'docs/clients.md';
const DOCUMENT = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** openapi-typescript works with TypeScript 5, which its users have beside it; this project has a later one. */
const TYPESCRIPT = {
  key: 'openapi-typescript-7.13.0',
  packages: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3', '@types/node@20.19.43'],
};
const PYTHON = {
  key: 'openapi-python-client-0.29.1',
  packages: ['openapi-python-client==0.29.1', 'httpx==0.28.1', 'attrs==25.4.0', 'mypy==1.18.2'],
};
/** What a client may weigh. One schema for each error response makes it ten times as much. */
const MOST_LINES = { typescript: 5000, python: 12_500 };

interface Said {
  readonly asked: { readonly status: string; readonly output: string };
  /** Sent with the API key alone, and answered with its outcome. */
  readonly trusted: string;
  readonly listed: readonly string[];
  readonly canceled: string;
  readonly events: string;
  readonly refused: string;
}

function assertUsed(said: Said): void {
  assert.equal(said.asked.status, 'completed');
  assert.match(said.asked.output, /built-in demo agent/);
  assert.equal(said.trusted, 'completed');
  assert.deepEqual(said.listed, ['completed']);
  assert.equal(said.canceled, 'canceled');
  assert.match(said.events, /event: run\n[^]*event: end\ndata: \{"status":"canceled","callback":"none"\}/);
  assert.equal(said.refused, 'not_found');
}

test('a TypeScript client compiles, sends, waits, lists, cancels and follows', { timeout: 240_000 }, async (t) => {
  const packages = await installNodeTool(
    TYPESCRIPT,
    'that a TypeScript client can be generated from the OpenAPI document',
  );
  if (packages === undefined) return;
  const folder = temporaryFolder(t);
  symlinkSync(packages, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await run(
    process.execPath,
    [join(packages, 'openapi-typescript/bin/cli.js'), DOCUMENT, '-o', 'garudust-temporal.ts'],
    folder,
  );
  report(t, 'TypeScript', folder, '.ts', MOST_LINES.typescript);
  writeFileSync(join(folder, 'client.ts'), documentedCode(PAGE, 'ts', 'createGarudustClient'));
  copyFileSync(join(HERE, 'use-client.ts'), join(folder, 'use-client.ts'));
  const options = [
    '--strict',
    '--noUncheckedIndexedAccess',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--module',
    'nodenext',
  ];
  const files = ['client.ts', 'use-client.ts', '--types', 'node', '--rewriteRelativeImportExtensions'];
  await run(process.execPath, [join(packages, 'typescript/bin/tsc'), ...options, ...files], folder);
  assertUsed(await use(t, process.execPath, 'use-client.js', folder));
});

test('a Python client type-checks, sends, waits, lists, cancels and follows', { timeout: 240_000 }, async (t) => {
  const programs = await installPythonTool(PYTHON, 'that a Python client can be generated from the OpenAPI document');
  if (programs === undefined) return;
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'config.yaml'), 'post_hooks: []\n');
  const options = [
    '--config',
    'config.yaml',
    '--meta',
    'none',
    '--output-path',
    'garudust_temporal_client',
    '--fail-on-warning',
  ];
  await run(join(programs, 'openapi-python-client'), ['generate', '--path', DOCUMENT, ...options], folder);
  report(t, 'Python', join(folder, 'garudust_temporal_client'), '.py', MOST_LINES.python);
  writeFileSync(join(folder, 'client.py'), documentedCode(PAGE, 'python', 'create_client'));
  copyFileSync(join(HERE, 'use_client.py'), join(folder, 'use_client.py'));
  await run(join(programs, 'mypy'), ['--check-untyped-defs', 'use_client.py'], folder);
  assertUsed(await use(t, join(programs, 'python'), 'use_client.py', folder));
});

/** Says how large a client is, and holds it to a limit. */
function report(t: TestContext, language: string, folder: string, ending: string, mostLines: number): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith(ending) && !name.startsWith('node_modules'),
  );
  const lines = files.reduce((sum, file) => sum + readFileSync(join(folder, file), 'utf8').split('\n').length - 1, 0);
  t.diagnostic(`${language}: ${files.length} files, ${lines} lines`);
  assert.ok(lines < mostLines, `${lines} lines`);
}

/** Runs a program that uses its client on a stack of its own. */
async function use(t: TestContext, program: string, script: string, cwd: string): Promise<Said> {
  const { url } = await startTestStack(t);
  const { stdout } = await promisify(execFile)(program, [script, url, SECRET, API_KEY], { cwd });
  return JSON.parse(stdout) as Said;
}

/** What a compiler says goes to stdout, and is what one wants to read. */
async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(program, args, { cwd }).catch((error: { stdout?: string; stderr?: string }) => {
    assert.fail(`${program} ${args.join(' ')}:\n${error.stdout}${error.stderr}`);
  });
}
