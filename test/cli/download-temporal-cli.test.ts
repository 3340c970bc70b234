import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TEMPORAL_CLI_VERSION } from '../../src/cli/temporal-server/cli-cache.ts';
import { downloadTemporalCli } from '../../src/cli/temporal-server/download-temporal-cli.ts';
import { findTemporalCli, readCliVersion } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));

describe('the download by the Temporal SDK', () => {
  test('puts the pinned version in place, through the proxy and with the authority of the environment', async (t) => {
    const folder = temporaryFolder(t);
    const { path: cliPath } = await findTemporalCli({ env: process.env });
    // The SDK starts what it has downloaded, so the archive holds a program that runs.
    mkdirSync(join(folder, 'archive'));
    writeFileSync(join(folder, 'archive', 'temporal'), `#!/bin/sh\nexec '${cliPath}' "$@"\n`, { mode: 0o755 });
    const archive = join(folder, 'temporal.tar.gz');
    if (spawnSync('tar', ['-czf', archive, '-C', join(folder, 'archive'), 'temporal']).status !== 0) {
      reportMissingTool('tar', 'the download of the Temporal CLI');
      return;
    }

    const asked: string[] = [];
    const proxy = await startDownloadHost(t, (request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/archive.tar.gz') {
        response.end(readFileSync(archive));
        return;
      }
      const archiveUrl = 'https://temporal.download/archive.tar.gz';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ archiveUrl, fileToExtract: 'temporal' }));
    });

    const target = join(folder, 'cache', 'temporal');
    await downloadTemporalCli(target, {
      ...process.env,
      HTTPS_PROXY: proxy,
      NO_PROXY: '',
      SSL_CERT_FILE: join(FIXTURES, 'download-authority.pem'),
    });
    assert.equal(await readCliVersion(target), TEMPORAL_CLI_VERSION);
    assert.deepEqual(readdirSync(dirname(target)), ['temporal']);
    assert.equal(asked.length, 2);
    assert.match(asked[0] ?? '', new RegExp(`^/cli/v${TEMPORAL_CLI_VERSION.replaceAll('.', '\\.')}\\?arch=`));
  });
});

/** Plays https://temporal.download behind a CONNECT proxy on loopback; returns the proxy's URL. */
async function startDownloadHost(t: TestContext, listener: RequestListener): Promise<string> {
  const pem = readFileSync(join(FIXTURES, 'download-host.pem'));
  const host = createTlsServer({ key: pem, cert: pem }, listener);
  const proxy = createHttpServer();
  proxy.on('connect', (request, socket: Socket) => {
    assert.equal(request.url, 'temporal.download:443');
    const through = connect(portOf(host), '127.0.0.1');
    for (const end of [socket, through]) end.on('error', () => undefined);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(through).pipe(socket);
  });
  for (const server of [host, proxy]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
  }
  return `http://127.0.0.1:${portOf(proxy)}`;
}

function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}
