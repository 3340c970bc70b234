import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AcpSettings } from '../../src/agents/acp/acp.ts';
import type { CommandSettings } from '../../src/agents/command/command.ts';
import { waitFor } from './wait-for.ts';

const PROGRAM = join(import.meta.dirname, 'scripted-program.mjs');

/** Settings of an agent `command` that runs the scripted program. */
export function commandSettings(changes: Partial<CommandSettings> = {}): CommandSettings {
  return {
    program: process.execPath,
    args: [PROGRAM],
    input: 'stdin',
    passEnv: [],
    keepWork: 3_600_000,
    ...changes,
  };
}

/** Whether a process runs. One that has ended and that nobody has asked about does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The process IDs that the scripted program writes into a file, once it has. */
export async function readPids(file: string): Promise<readonly number[]> {
  const read = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await waitFor('the process IDs', () => read() !== '');
  return read().split(' ').map(Number);
}

/** Settings of an agent `acp` that runs the scripted agent, which keeps its sessions in the folder. */
export function acpSettings(folder: string, mode = ''): AcpSettings {
  return {
    program: process.execPath,
    args: [join(import.meta.dirname, 'scripted-acp-agent.mjs'), folder, mode],
    permissions: 'deny',
    passEnv: [],
    workDir: join(folder, 'work'),
    keepWork: 3_600_000,
  };
}
