import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { startHttpServer } from '../support/http-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-advisories.ts', import.meta.url));

/** An advisory for every version of a package, as a registry sends it. */
const advisory = (name: string) => ({
  [name]: [
    { id: 1, url: `https://example.com/${name}`, title: 'too trusting', severity: 'high', vulnerable_versions: '<99' },
  ],
});

describe('the check of advisories', () => {
  test('asks for every package of the lock file, and passes when the registry knows nothing against them', async (t) => {
    let asked: Record<string, string[]> = {};
    const { code, stdout } = await check(t, (body) => {
      asked = body;
      return {};
    });
    assert.equal(code, 0, stdout);
    assert.ok('koa' in asked && 'typescript' in asked && '@temporalio/worker' in asked);
    assert.match(stdout, /^\d{3} packages, 0 advisories for an installation, 0 for tools alone$/m);
  });

  test('fails for a package that an installation gets, and names the advisory', async (t) => {
    const { code, stdout } = await check(t, () => advisory('koa'));
    assert.equal(code, 1, stdout);
    assert.match(stdout, /^high: koa <99: too trusting https:\/\/example\.com\/koa$/m);
  });

  test('lists one for a tool alone, and passes', async (t) => {
    const { code, stdout } = await check(t, () => advisory('typescript'));
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^high: typescript <99: .* \(tools alone\)$/m);
  });

  test('says loudly that nothing was checked where the registry does not answer', async (t) => {
    const { code, stdout } = await check(t, () => undefined);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^NOT CHECKED: no package was compared with known advisories/m);
    assert.doesNotMatch(stdout, /0 advisories/);
  });
});

/** Runs the check against a registry that gives these advisories; undefined: it knows no such question. */
async function check(
  t: TestContext,
  advisories: (asked: Record<string, string[]>) => object | undefined,
): Promise<{ code: number; stdout: string }> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET') {
      // npm looks up which versions an advisory concerns.
      const name = decodeURIComponent((request.url ?? '').slice(1));
      response.end(JSON.stringify({ name, 'dist-tags': {}, versions: {} }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const known = advisories(JSON.parse(text.toString()) as Record<string, string[]>);
    response.writeHead(known === undefined ? 405 : 200).end(JSON.stringify(known ?? {}));
  };
  const registry = await startHttpServer(t, (request, response) => {
    void answer(request, response);
  });
  const env = { ...process.env, npm_config_registry: registry, npm_config_cache: temporaryFolder(t) };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', SCRIPT], { env }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    );
  });
}
