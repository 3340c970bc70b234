import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { childEnv } from '../../src/values/child-env.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
/** Calls of node:child_process that start a program, with what may follow up to their end. */
const STARTS = /\b(?:spawn|spawnSync|fork|execSync|execFileSync|execFile\)?)\((?!\s*execFile)[^]*?;\n/g;

describe('the environment of a program that we start', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/ada',
    LC_ALL: 'C',
    Path: 'C:\\bin',
    https_proxy: 'http://ada:pw@proxy:3128',
    GOPROXY: 'off',
    LLM_API_KEY: 'sk-1',
    TEMPORAL_API_KEY: 'tk-1',
    NODE_OPTIONS: '--inspect',
    EMPTY: undefined,
  };

  test('holds what every program needs, and nothing else', () => {
    const { PATH, HOME, LC_ALL, Path } = env;
    assert.deepEqual(childEnv(env), { PATH, HOME, LC_ALL, Path });
  });

  test('holds proxies and further variables only where they are asked for', () => {
    const { PATH, HOME, LC_ALL, Path, https_proxy, GOPROXY } = env;
    const asked = childEnv(env, { network: true, also: /^GOPROXY$/ });
    assert.deepEqual(asked, { PATH, HOME, LC_ALL, Path, https_proxy, GOPROXY });
  });

  test('is made by childEnv wherever src starts one', () => {
    const starts = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(SRC, name), 'utf8'))
      .filter((text) => text.includes("from 'node:child_process'"))
      .flatMap((text) => text.match(STARTS) ?? []);
    assert.ok(starts.length >= 7, `found ${starts.length}`);
    for (const start of starts) assert.match(start, /childEnv\(|satisfies ChildEnvironment/, start);
  });
});
