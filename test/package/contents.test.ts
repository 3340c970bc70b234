import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the README links to in the repository alone. */
const NOT_PACKED = ['CONTRIBUTING.md', 'docs/decisions', 'docs/images/', 'examples/'];

describe('the package', () => {
  let files: readonly string[] = [];
  before(() => {
    assert.ok(existsSync(join(ROOT, 'dist')), 'dist does not exist: npm run build');
    const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const [packed] = JSON.parse(json) as [{ files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
  });

  test('holds the build, its documents and nothing else', () => {
    const expected = [
      /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
      /^docs\/[\w-]+\.md$/,
      /^dist\/.+\.(?:js|d\.ts)$/,
      /^dist\/cli\/temporal-server\/go-module\/go\.(?:mod|sum)$/,
    ];
    assert.deepEqual(
      files.filter((file) => !expected.some((pattern) => pattern.test(file))),
      [],
    );
    for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md', 'docs/configuration.md', 'dist/workflow-bundle.js']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  test('points to no source map that it does not hold', () => {
    const pointing = files.filter((file) => {
      if (!file.endsWith('.js')) return false;
      const target = /^\/\/# sourceMappingURL=(.+)$/m.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1];
      return target !== undefined && !target.startsWith('data:') && !files.includes(join(dirname(file), target));
    });
    assert.deepEqual(pointing, []);
  });

  test('holds every page that its README links to', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => normalize(link));
    assert.ok(links.length > 5);
    assert.deepEqual(
      links.filter((link) => !files.includes(link) && !NOT_PACKED.some((place) => link.startsWith(place))),
      [],
    );
  });
});
