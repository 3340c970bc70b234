import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { reportMissingTool } from '../support/missing-tool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

/** A document of CycloneDX 1.5, as far as this test reads it (https://cyclonedx.org/docs/1.5/json/). */
interface Sbom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

test('the image lists every package that it holds, and no other, as CycloneDX', (t) => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const [, command = ''] = /^ *&& (npm pkg delete .*> sbom\.cdx\.json) \\$/m.exec(dockerfile) ?? [];
  assert.match(dockerfile, /^COPY --from=build \/build\/garudust-temporal\/sbom\.cdx\.json \.\/$/m);

  const folder = join(temporaryFolder(t), 'garudust-temporal');
  mkdirSync(folder);
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(ROOT, name), join(folder, name));
  // What `npm ci && npm prune --omit=dev` of the image leaves.
  const install = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-progress'];
  const installed = spawnSync('npm', install, { cwd: folder, encoding: 'utf8', env: cleanEnv() });
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(installed.stderr)) {
    reportMissingTool('npm registry', 'the list of packages in the image');
    return;
  }
  assert.equal(installed.status, 0, installed.stderr);
  execFileSync('sh', ['-c', command], { cwd: folder, env: cleanEnv() });

  const sbom = JSON.parse(readFileSync(join(folder, 'sbom.cdx.json'), 'utf8')) as Sbom;
  assert.deepEqual([sbom.bomFormat, sbom.specVersion], ['CycloneDX', '1.5']);
  const { type, name, version } = sbom.metadata.component;
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Component;
  assert.deepEqual([type, name, version], ['application', 'garudust-temporal', manifest.version]);
  const listed = sbom.components.map((component) => `${component.name}@${component.version}`);
  const expected = packagesOf(join(folder, 'node_modules/.package-lock.json'));
  assert.ok(expected.length > 100);
  assert.deepEqual(listed.toSorted(), expected);
  for (const { purl = '', hashes = [], ...component } of sbom.components) {
    assert.match(purl, /^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@[\w.-]+$/, component.name);
    assert.ok(
      hashes.some(({ alg, content }) => alg === 'SHA-512' && /^[0-9a-f]{128}$/.test(content)),
      component.name,
    );
  }
  const refs = [sbom.metadata.component, ...sbom.components].map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  for (const { ref, dependsOn = [] } of sbom.dependencies) {
    for (const other of [ref, ...dependsOn]) assert.ok(refs.includes(other), other);
  }
});

/** What an installation holds, by npm's own list of it. */
function packagesOf(lockFile: string): string[] {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as LockFile;
  const names = Object.entries(packages).map(
    ([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`,
  );
  return [...new Set(names)].toSorted();
}

/** npm as the image runs it: without what a surrounding `npm test` tells its children. */
function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|command|config_.*prefix)/.test(name)),
  );
}
