import { proxyActivities } from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(text: string): Promise<string> }>({ startToCloseTimeout: '10 s' });

/** What everything is compared with: two activities that do nothing, with the payload of a run. */
export async function minimal(text: string): Promise<string> {
  await noop(text);
  return noop(text);
}

/** The least that a run can cost: one that ends in its first workflow task. */
export function empty(text: string): Promise<string> {
  return Promise.resolve(text);
}
