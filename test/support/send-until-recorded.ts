import { setTimeout as sleep } from 'node:timers/promises';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';

/** A busy machine records more slowly than a test sends. In milliseconds. */
const AGAIN_MS = 250;
const MOST_TRIES = 60;

/** Sends a task that must be accepted, again while the server says that it is at capacity, as every sender should. */
export async function sendUntilRecorded(send: () => Promise<Response>): Promise<RunResource> {
  for (let tries = 1; ; tries += 1) {
    const response = await send();
    const text = await response.text();
    if (response.status === 202) return runResource.parse(JSON.parse(text));
    if (!text.includes('"overloaded"') || tries === MOST_TRIES) throw new Error(`${response.status} ${text}`);
    await sleep(AGAIN_MS);
  }
}
