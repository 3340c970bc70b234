/**
 * Makes one measurement in a process of its own, whose processors are those that it was started on:
 * `tsx measure-process.ts dev|postgres load|recovery full|quick`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../src/cli/temporal-server/find-temporal-cli.ts';
import { devEngine } from '../dev-engine.ts';
import { type Engine, EngineMissingError } from '../engine.ts';
import { postgresEngine } from '../postgres-engine.ts';
import { type Capacity, measureCapacity } from './measure-capacity.ts';
import { measureRecovery, type Recovery } from './measure-recovery.ts';
import { CAPACITY_SCALES } from './scales.ts';

/** What was measured, or why it could not be. */
export type Answer = { readonly measured: Capacity | Recovery } | { readonly missing: string };

const [, , kind, what, size] = process.argv;
const scale = CAPACITY_SCALES[size === 'quick' ? 'quick' : 'full'];
const folder = mkdtempSync(join(tmpdir(), 'garudust-temporal-capacity-'));
const told = (line: string): void => void process.stdout.write(`  ${line}\n`);

async function findEngine(): Promise<Engine> {
  return kind === 'postgres' ? postgresEngine(told) : devEngine(await findTemporalCli({ env: process.env }), folder);
}

async function measure(): Promise<Answer> {
  try {
    const engine = await findEngine();
    const load = what === 'load';
    return {
      measured: load
        ? await measureCapacity(engine, folder, scale.load, told)
        : await measureRecovery(engine, folder, scale.recovery),
    };
  } catch (error) {
    if (error instanceof EngineMissingError) return { missing: error.message };
    throw error;
  }
}

try {
  const answer = await measure();
  await new Promise((sent) => process.send?.(answer, sent));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
