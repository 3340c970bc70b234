/**
 * A process of its own that runs the minimal workflow: `tsx minimal-process.ts tuned|plain`, with the
 * variables of Temporal's CLI. `tuned` connects
 * and starts as this project does; `plain` as the SDK has it without any option. It obeys messages: `closed` runs a number
 * at a concurrency, `open` begins them at a rate, `start` only starts them on a queue that nobody polls.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { bareStart, type Payload } from './bare-start.ts';
import { atOnce, atRate } from './measure.ts';
import { TEXT } from './workload.ts';

/** Which workflow is run; both are in minimal-workflow.ts. */
interface WholeRuns {
  readonly workflow: 'minimal' | 'empty';
}

export type Order =
  | (WholeRuns & { readonly do: 'closed'; readonly count: number; readonly concurrency: number })
  | (WholeRuns & { readonly do: 'open'; readonly perSecond: number; readonly seconds: number })
  | { readonly do: 'start'; readonly count: number; readonly concurrency: number; readonly payload: Payload };

const [, , tuning = ''] = process.argv;
const tuned = tuning === 'tuned';
Runtime.install({ logger: new DefaultLogger('ERROR') });
const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await NativeConnection.connect({
  ...connectionOptions,
  ...(tuned && { grpcCompression: { codec: 'none' } }),
});
const client = new Client({ connection: tuned ? connection : await Connection.connect(connectionOptions), namespace });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: 'minimal',
  workflowsPath: fileURLToPath(new URL('minimal-workflow.ts', import.meta.url)),
  activities: { noop: (text: string) => Promise.resolve(text) },
  ...(tuned && { maxConcurrentActivityTaskExecutions: 500 }),
});

const start = (workflow: string): Promise<{ result(): Promise<unknown> }> =>
  client.workflow.start(workflow, {
    workflowId: `run-${randomUUID()}`,
    taskQueue: 'minimal',
    args: [TEXT],
    ...(tuned && { requestEagerStart: true, workflowIdReusePolicy: 'REJECT_DUPLICATE' }),
  });
const bare = async (payload: Payload): Promise<void> =>
  void (await client.workflow.start('nobody-runs-it', bareStart(payload)));

process.on('message', (order: Order) => {
  const whole = async (): Promise<void> => {
    if (order.do !== 'start') await (await start(order.workflow)).result();
  };
  const work =
    order.do === 'closed'
      ? atOnce(order.count, order.concurrency, whole)
      : order.do === 'open'
        ? atRate(order.perSecond, order.seconds, whole)
        : atOnce(order.count, order.concurrency, () => bare(order.payload));
  void work.then((took) => process.send?.(took));
});
process.on('disconnect', () => process.exit());
const running = worker.run();
process.send?.('ready');
await running;
