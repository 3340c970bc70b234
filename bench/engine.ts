import type { BenchServer } from './servers.ts';

/** A kind of Temporal server that everything is measured on. */
export interface Engine {
  readonly kind: 'dev' | 'postgres';
  readonly name: string;
  /** What it consists of, with versions. */
  readonly about: string;
  /** With the settings that this project gives it. */
  startOurs(): Promise<BenchServer>;
  /** With its own defaults alone. */
  startShipped(): Promise<BenchServer>;
}

/** Thrown where an engine can't be had on this machine; the message names what is missing. */
export class EngineMissingError extends Error {
  override readonly name = 'EngineMissingError';
}
