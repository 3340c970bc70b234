import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import { atOnce } from './measure.ts';
import { startPeer } from './peer.ts';
import { postWebhook } from './post-webhook.ts';
import { cpuMs } from './process-usage.ts';
import { CONCURRENCY, TEXT } from './workload.ts';

const EXCHANGES = 1500;

/** CPU in milliseconds of a bare Node process for what one run does over HTTP: webhook in, agent out, callback out. */
export async function measureBareHttp(): Promise<number> {
  const peer = await startPeer();
  const child = fork(fileURLToPath(new URL('bare-http-process.ts', import.meta.url)), [peer.url], {
    execArgv: ['--import', 'tsx'],
  });
  const agent = new Agent({ keepAlive: true });
  try {
    const [port] = (await once(child, 'message')) as [number];
    const whole = async (): Promise<void> => {
      await peer.callbackOf(await postWebhook({ port, agent, secret: 'unchecked' }, { text: TEXT }));
    };
    await atOnce(EXCHANGES / 5, CONCURRENCY, whole);
    const before = cpuMs(child.pid ?? 0);
    await atOnce(EXCHANGES, CONCURRENCY, whole);
    return (cpuMs(child.pid ?? 0) - before) / EXCHANGES;
  } finally {
    agent.destroy();
    child.kill('SIGKILL');
    peer.close();
  }
}
