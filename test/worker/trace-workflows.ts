import { condition, executeChild, proxyActivities, sleep, uuid4 } from '@temporalio/workflow';

const { echo } = proxyActivities<{ echo(text: string): Promise<string> }>({ startToCloseTimeout: '10 seconds' });

export async function leaf(text: string): Promise<string> {
  return echo(text);
}

/** Whatever a random number or a step more would change: ids, the order of commands, and who wins a race. */
export async function sensitive(): Promise<string[]> {
  let heard = '';
  void echo('first').then((text) => (heard = text));
  const won = await Promise.race([
    condition(() => heard !== '').then(() => 'condition'),
    sleep(60_000).then(() => 'timer'),
  ]);
  const both = await Promise.all([echo(uuid4()), executeChild(leaf, { args: ['leaf'] }), echo('last')]);
  return [won, ...both];
}
