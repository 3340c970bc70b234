/**
 * A process of its own that does with bare Node what every run of ours does over HTTP, and nothing else: it takes a POST,
 * answers it, asks the agent and posts the callback. `tsx bare-http-process.ts <url of the peer>` tells its port.
 */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const [, , peerUrl = ''] = process.argv;
const agent = new Agent({ keepAlive: true });

const server = createServer((incoming, response) => {
  let text = '';
  incoming.setEncoding('utf8');
  incoming.on('data', (chunk: string) => void (text += chunk));
  incoming.on('end', () => {
    const task = JSON.parse(text) as { text: string };
    const id = randomUUID();
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id, status: 'queued' }));
    void post('/chat', { message: task.text }).then((answer) =>
      post('/callback', { run_id: id, text: (JSON.parse(answer) as { output: string }).output }),
    );
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

function post(path: string, value: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request(peerUrl + path, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => resolve(text));
    });
    call.on('error', reject);
    call.end(JSON.stringify(value));
  });
}
