/**
 * A worker's journal that is killed by SIGKILL before the step of the file system that has a number, and writes to its standard output
 * what it has been promised: `node BUNDLE FOLDER STEP`. Without such a step it closes the journal and writes `done`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type JournaledAttempt } from '../../src/activities/journal/journal-entry.ts';

const [folder = '', last = ''] = process.argv.slice(2);
let step = 0;
const { writeSync } = fs;
const tell = (what: string): void => void writeSync(1, `${what}\n`);

/** Counts each call of a function, and what it does later: a kill comes before it, or between it and its answer. */
function count<T extends object>(owner: T, names: readonly (keyof T)[]): void {
  for (const name of names) {
    const real = owner[name] as (...args: unknown[]) => unknown;
    owner[name] = function (this: unknown, ...args: unknown[]) {
      if ((step += 1) === Number(last)) process.kill(process.pid, 'SIGKILL');
      return real.apply(this, args);
    } as T[keyof T];
  }
}
count(fs, ['openSync', 'writeSync', 'fdatasync', 'fstatSync', 'readSync', 'rmSync', 'closeSync']);
count(fs.promises, ['mkdir', 'readdir', 'readFile', 'writeFile', 'rename', 'unlink', 'copyFile']);
syncBuiltinESMExports();

function attempt(workflowId: string): JournaledAttempt {
  const common = { runId: 'execution', activityId: 'agent', scheduledAt: 1, activityType: 'runAgent', attempt: 1 };
  return { workflowId, ...common, taskToken: 'dG9rZW4=' };
}

const { openJournal } = await import('../../src/activities/journal/journal.ts');
const journal = await openJournal(folder, { limit: 1500 });
const run = async (name: string, end: 'running' | 'kept' | 'forgotten'): Promise<void> => {
  const entry = await journal.begin(attempt(name));
  tell(`begun ${name}`);
  if (end === 'running') return;
  await entry.keep(`answer of ${name}`);
  tell(`kept ${name}`);
  if (end === 'kept') return;
  tell(`forgetting ${name}`);
  await entry.forget();
  tell(`forgotten ${name}`);
};
// Former entries, and those of a segment that the test has left.
const left = journal.leftovers.find((entry) => entry.attempt.workflowId === 'left-to-forget');
tell('forgetting left-to-forget');
await left?.forget();
tell('forgotten left-to-forget');
await run('long', 'running');
await run('outage', 'kept');
// Enough to compact the log twice, several at once.
for (let round = 0; round < 4; round += 1) {
  await Promise.all([0, 1, 2].map((index) => run(`short-${round}-${index}`, 'forgotten')));
}
await journal.close();
tell('done');
