/** Makes one measurement, named by its size and the commands that take part, in a process of its own: the sender gives way to all else. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENDS, measureEnds, QUICK_ENDS } from './measure-ends.ts';
import { CLIENTS, measureTaking, QUICK_TAKING, TAKING } from './measure-taking.ts';
import type { Command } from './start-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-overload-'));
try {
  const secrets = Array.from({ length: CLIENTS }, () => randomBytes(20).toString('hex'));
  const [size, command = 'ingress', ...others] = process.argv.slice(2) as ['full' | 'quick', ...Command[]];
  const quick = size === 'quick';
  const told = (line: string): void => void process.stdout.write(`${line}\n`);
  const isAlone = command === 'ingress' && others.length === 0;
  const measured = isAlone
    ? await measureTaking({ folder, secrets, agentUrl: 'http://127.0.0.1:9' }, quick ? QUICK_TAKING : TAKING)
    : await measureEnds({ folder, secrets, commands: [command, ...others] }, quick ? QUICK_ENDS : ENDS, told);
  await new Promise((sent) => process.send?.(measured, sent));
} finally {
  rmSync(folder, { recursive: true, force: true });
  process.disconnect();
}
