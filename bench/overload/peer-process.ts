/**
 * The agent and the receiver of all callbacks, in a process of its own, so that it keeps its speed while the sender is
 * busy. Tells its parent its address, and then each run whose callback has come.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = JSON.stringify({ output: 'ok', session_id: 's', iterations: 1, input_tokens: 1, output_tokens: 1 });

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => void (body += chunk));
  request.on('end', () => {
    if (request.url !== '/callback') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER);
      return;
    }
    response.writeHead(204).end();
    process.send?.((JSON.parse(body) as { run_id: string }).run_id);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
