/** Makes the schedule of the report, or changes it, and runs it once: `tsx schedule.ts http://127.0.0.1:9099/`. */
import { Client, Connection, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client';
import type { Report } from './nightly-report.js';

const [callback] = process.argv.slice(2);
const report: Report = { topics: ['the builds', 'the error budget'], ...(callback !== undefined && { callback }) };
const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const { schedule } = new Client({ connection });
const nightly: ScheduleOptions = {
  scheduleId: 'nightly-report',
  spec: { cronExpressions: ['0 3 * * 1-5'], timezone: 'Europe/Berlin' },
  // A report that is still being written is not written twice, and one that was due while Temporal was down comes an hour late at most.
  policies: { overlap: 'SKIP', catchupWindow: '1h' },
  action: {
    type: 'startWorkflow',
    workflowType: 'nightlyReport',
    workflowId: 'nightly-report',
    taskQueue: 'chains',
    args: [report],
  },
};
const handle = schedule.getHandle(nightly.scheduleId);
await schedule.create(nightly).catch(async (error: unknown) => {
  if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  await handle.update(({ state }) => ({ ...nightly, state }));
});
await handle.trigger();
const { info } = await handle.describe();
process.stdout.write(`next report: ${info.nextActionTimes[0]?.toISOString()}\n`);
await connection.close();
