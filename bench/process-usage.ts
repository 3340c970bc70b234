import { readdirSync, readFileSync } from 'node:fs';
import { childrenOf } from '../test/support/topology/supervised.ts';

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that Node runs on

/** CPU that a process has used so far, in milliseconds, user and system; from /proc (proc(5)). */
export function cpuMs(pid: number): number {
  return (cpuTicks(pid).own * 1000) / TICKS_PER_SECOND;
}

/** CPU of a process and of those that it has begun, gone or not: PostgreSQL begins one for each connection. */
export function treeCpuMs(pid: number): number {
  const { own, reaped } = cpuTicks(pid);
  const ticks = childrenOf(pid).map((child) => {
    try {
      return cpuTicks(child).own;
    } catch {
      return 0; // It has ended just now.
    }
  });
  return (ticks.reduce((sum, each) => sum + each, own + reaped) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory of a process, in MiB. */
export function residentMiB(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(line) / 1024;
}

/** Files, sockets and pipes that a process has open. */
export function openHandles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function cpuTicks(pid: number): { own: number; reaped: number } {
  const [user, system, reapedUser, reapedSystem] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return { own: (user ?? 0) + (system ?? 0), reaped: (reapedUser ?? 0) + (reapedSystem ?? 0) };
}
