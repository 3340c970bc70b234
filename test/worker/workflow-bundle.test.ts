import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import vm from 'node:vm';
import { bundleWorkflows } from '../../src/worker/workflow-bundle.ts';

describe('the workflow bundle', () => {
  test('builds every schema of ours once in a thread, not for each run', async () => {
    const code = await bundleWorkflows();
    const loaded: Record<string, unknown> = {};
    const context = vm.createContext({ __webpack_module_cache__: loaded });
    vm.runInContext(code, context);
    vm.runInContext('__TEMPORAL__.preloadModules()', context);
    const bundled = [...code.matchAll(/^\/\*\*\*\/ "([^"]*\/contract\/[\w-]+\.[jt]s)"$/gm)].map(([, id = '']) => id);
    const withSchemas = bundled.filter((id) =>
      /from 'zod\//.test(readFileSync(`src/contract/${basename(id)}`, 'utf8')),
    );
    assert.ok(withSchemas.length > 3, bundled.join());
    assert.deepEqual(
      withSchemas.filter((id) => !(id in loaded)),
      [],
    );
  });
});
