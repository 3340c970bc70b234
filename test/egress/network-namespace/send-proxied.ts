/** Sends to every URL that is refused or permitted through an egress proxy at an inner address. Prints what became of each. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { EgressError } from '../../../src/egress/egress-error.ts';
import { parseEgressProxy } from '../../../src/egress/egress-proxy.ts';
import { guardedPost } from '../../../src/egress/guarded-request.ts';
import { ACCEPTED } from '../corpus.ts';
import { PROXY_ADDRESS, PROXY_PORT, REFUSED_URLS } from './addresses.ts';
import type { ProxiedReport } from './report.ts';
import { startReceivers } from './start-receivers.ts';

const rules = { allowedDomains: [], permitNetworks: [] };
const proxy = parseEgressProxy(`http://${PROXY_ADDRESS}:${PROXY_PORT}`);
const asked: string[] = [];
const server = createServer().on('connect', (req, socket: Socket) => {
  asked.push(req.url ?? '');
  socket.on('error', () => undefined).end('HTTP/1.1 403 No\r\n\r\n');
});
await new Promise<void>((resolve) => void server.listen(PROXY_PORT, '::', resolve));
const receivers = await startReceivers();

const results: string[] = [];
for (const url of [...REFUSED_URLS, ...ACCEPTED]) {
  const error = await guardedPost({ url, headers: {}, body: '{}', timeoutMs: 5000, rules, proxy }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  results.push(error instanceof EgressError ? error.errorClass : String(error));
}
const report: ProxiedReport = { asked, results };
process.stdout.write(JSON.stringify(report));
receivers.close();
server.close();
