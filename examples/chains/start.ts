/** Runs a workflow and prints what came of it: `tsx start.ts panel "Should we rewrite it?"`. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import type { Budget } from './until-good.js';

const [workflow = 'twoSteps', text = 'queues'] = process.argv.slice(2);
const budget: Budget = { atLeast: 9, tokens: 5000, rounds: 3 };
const connection = await Connection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' });
const client = new Client({ connection });
const output: unknown = await client.workflow.execute(workflow, {
  workflowId: `${workflow}-${randomUUID()}`,
  taskQueue: 'chains',
  args: workflow === 'untilGood' ? [text, budget] : [text],
});
process.stdout.write(`${String(output)}\n`);
await connection.close();
