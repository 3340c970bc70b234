import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import ipaddr from 'ipaddr.js';
import { RequestFilteringHttpAgent } from 'request-filtering-agent';

/** Whether somebody else would let a request go to an address. */
export type Opinion = (address: string) => boolean;

/** By the classes of ipaddr.js. */
export const byIpaddr: Opinion = (address) => ipaddr.parse(address).range() === 'unicast';

/** By request-filtering-agent, asked as Node asks an agent; what it would let through is not dialled. */
export function byFilteringAgent(t: TestContext): Opinion {
  // What the filtering agent hands over to once it has nothing against an address.
  t.mock.method(Agent.prototype, 'createConnection', () => undefined);
  const agent = new RequestFilteringHttpAgent();
  return (address) => {
    let refused = false;
    const listener = (error?: Error | null): void => {
      refused = error instanceof Error;
    };
    const socket: Socket | null | undefined = agent.createConnection({ host: address, port: 80 }, listener) as
      Socket | undefined;
    socket?.destroy();
    return !refused;
  };
}

const PYTHON = `
import ipaddress, sys
for line in sys.stdin:
    print(1 if ipaddress.ip_address(line.strip()).is_global else 0)
`;

/** By `is_global` of Python's `ipaddress`; undefined where there is no Python. */
export async function byPython(addresses: readonly string[]): Promise<readonly boolean[] | undefined> {
  const child = spawn('python3', ['-c', PYTHON], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  child.stdin.on('error', () => undefined).end(addresses.join('\n'));
  if ((await ended) !== 0) return undefined;
  return output
    .trim()
    .split('\n')
    .map((line) => line === '1');
}
