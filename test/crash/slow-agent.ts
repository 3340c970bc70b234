/**
 * An agent to be killed, a process of its own: `tsx slow-agent.ts PORT KEY LEDGER THINK_MS`. It speaks Garudust's `/chat`,
 * thinks for a while, and notes each call and each answer in a file, which outlives it.
 */
import { appendFileSync } from 'node:fs';
import { startFakeGarudust } from '../support/fake-garudust/fake-garudust.ts';
import { SlowModel } from '../support/fake-garudust/slow-model.ts';
import { preciseNow } from './precise-now.ts';
import { type AgentEvent, ledgerLine } from './agent-ledger.ts';

const [port = '', apiKey = '', ledger = '', thinkMs = ''] = process.argv.slice(2);

const note = (event: AgentEvent['event'], task: string): void =>
  appendFileSync(ledger, ledgerLine({ at: preciseNow(), event, task }));

await startFakeGarudust({
  port: Number(port),
  apiKey,
  model: new SlowModel(Number(thinkMs), (task) => note('called', task)),
  onAnswered: (task) => note('answered', task),
});
