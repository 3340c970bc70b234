/**
 * A process of its own that does with bare Node what every run of ours does over HTTP, and nothing else: it takes a POST,
 * answers it, asks the agent and posts the callback. `tsx bare-http-process.ts <url of the peer>` tells its port.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { postJson } from './post-json.ts';

const [, , peerUrl = ''] = process.argv;

const server = createServer((incoming, response) => {
  let text = '';
  incoming.setEncoding('utf8');
  incoming.on('data', (chunk: string) => void (text += chunk));
  incoming.on('end', () => {
    const task = JSON.parse(text) as { text: string };
    const id = randomUUID();
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'queued' }));
    void postJson(`${peerUrl}/chat`, { message: task.text }).then((answer) =>
      postJson(`${peerUrl}/callback`, { run_id: id, text: (JSON.parse(answer) as { output: string }).output }),
    );
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
