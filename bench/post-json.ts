import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });

/** Posts JSON over a kept connection, as little as Node can do; resolves with the body of the answer, whatever its status. */
export function postJson(url: string, value: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => resolve(text));
    });
    call.on('error', reject);
    call.end(JSON.stringify(value));
  });
}
