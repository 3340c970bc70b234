import type { FailureType } from '../../../src/contract/failures.ts';

/** Stands in every text of a scripted peer, and may be in nothing of ours. */
export const CANARY = 'canary-7f3a-sk-secret';

/** What becomes of a fault: a failure of ours, or an answer with these words. */
export type Outcome =
  | {
      readonly type: FailureType;
      /** Our own words, which continue the agent's name. */
      readonly words: string;
      /** How the words on how to fix it begin, where they are about this one fault. */
      readonly fix?: string;
      /** The pause that the peer asks for, in seconds. */
      readonly pauseSeconds?: number;
    }
  | { readonly answers: string };

/** A text of an answer, in bytes; where JSON carries it, with these bytes inside. */
export interface FaultyText {
  readonly bytes: Buffer;
  /** The same inside of JSON. Default: the same bytes. */
  readonly inJson?: string;
  /** One piece after the other, and no end. */
  readonly endless?: true;
}

/** One row of the table of faults. */
export interface Fault<Does> {
  readonly name: string;
  readonly does: Does;
  readonly becomes: Outcome;
  /** Where a kind of agent differs, by its name or its type: `remote:a2a`, `remote`. */
  readonly except?: Readonly<Record<string, Outcome>>;
}

/** A failure, as an outcome. */
export function fails(type: FailureType, words: string, more: { fix?: string; pauseSeconds?: number } = {}): Outcome {
  return { type, words, ...more };
}

const MB = 1_000_000;
/** 50 MB, in one piece. */
export const FIFTY_MB: FaultyText = { bytes: Buffer.alloc(50 * MB, 'x') };
export const ENDLESS: FaultyText = { bytes: Buffer.alloc(0), endless: true };
export const EMPTY: FaultyText = { bytes: Buffer.from(' ') };
export const NO_UTF_8: FaultyText = { bytes: Buffer.from([0x61, 0xff, 0x62]) };
/** U+D83D alone: as JSON escapes it, and as a careless encoder writes it. */
export const HALF: FaultyText = { bytes: Buffer.from([0xed, 0xa0, 0xbd]), inJson: '\\ud83d' };
