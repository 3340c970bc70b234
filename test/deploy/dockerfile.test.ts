import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { listenOnce } from '../../src/cli/temporal-server/free-port.ts';
import { COMPOSE_FILE } from './compose-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dockerfile = readFileSync(`${ROOT}/Dockerfile`, 'utf8').replaceAll('\\\n', ' ');

it('copies nothing that .dockerignore holds back, and names nothing that is not there', () => {
  const sent = readFileSync(`${ROOT}/.dockerignore`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  assert.deepEqual([...new Set(copied)].map((path) => path.replace('./', '')).toSorted(), sent.toSorted());
  for (const path of sent) assert.ok(existsSync(`${ROOT}/${path}`), path);
});

it('starts the program of package.json', () => {
  const { bin } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { bin: Record<string, string> };
  const [, entrypoint = ''] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  const [node, flag, program] = JSON.parse(entrypoint) as string[];
  assert.deepEqual([node, program], ['node', `/app${bin['garudust-temporal']?.slice(1)}`]);
  assert.match(flag ?? '', /^--max-semi-space-size=\d+$/);
});

const [, imageCheck = ''] = /HEALTHCHECK .*CMD (\[.*\])/.exec(dockerfile) ?? [];
const compose = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true }) as {
  services: { worker: { healthcheck: { test: [string, ...string[]] } } };
};

const CHECKS = {
  'the image': { path: '/healthz', command: JSON.parse(imageCheck) as string[] },
  compose: { path: '/readyz', command: compose.services.worker.healthcheck.test.slice(1) },
};

for (const [where, { path, command }] of Object.entries(CHECKS)) {
  it(`is healthy in ${where} exactly when ${path} of the admin port says so`, async () => {
    let status = 200;
    const asked = new Set<string | undefined>();
    const server = createServer((req, res) => {
      asked.add(req.url);
      res.writeHead(status).end();
    });
    const port = await listenOnce('127.0.0.1', 0);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const run = (): Promise<number> =>
      new Promise((resolve) => {
        const [, ...args] = command.map((word) => word.replace(':9090/', `:${port}/`));
        const child = execFile(process.execPath, args, { env: { ADMIN_PORT: String(port) } });
        child.once('exit', (code) => resolve(code ?? -1));
      });
    assert.equal(await run(), 0);
    status = 503;
    assert.equal(await run(), 1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await run(), 1);
    assert.deepEqual([...asked], [path]);
  });
}
