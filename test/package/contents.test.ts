import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the README links to in the repository alone. */
const NOT_PACKED =
  /^(?:CONTRIBUTING\.md|docs\/images\/|examples\/|src\/|test\/|scripts\/|bench\/|deploy\/|docker-compose\.yml|\.)/;

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
      /^docs\/(?:[\w-]+\/)?[\w-]+\.md$|^docs\/openapi\.json$/,
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

  test('holds every page that one of its pages links to', () => {
    const pages = files.filter((file) => file.endsWith('.md'));
    const links = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
        ([, link = '']) => [page, normalize(join(dirname(page), link))] as const,
      ),
    );
    assert.ok(links.length > 50, `${links.length} links`);
    const isThere = (link: string): boolean =>
      files.includes(link) ||
      NOT_PACKED.test(link) ||
      files.some((file) => file.startsWith(`${link.replace(/\/$/, '')}/`));
    assert.deepEqual(
      links.filter(([, link]) => !isThere(link)),
      [],
    );
  });
});
