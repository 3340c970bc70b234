import { type Random, shuffle } from '../support/seeded-random.ts';
import type { Victim } from './crash-stack.ts';

/** One round: webhooks are posted, and something is killed meanwhile. */
export interface PlannedKill {
  /** Undefined: nothing, to see what the same costs undisturbed. */
  readonly victim: Victim | undefined;
  /** From the first webhook to the kill, in milliseconds. */
  readonly afterMs: number;
}

/** By then some webhooks are accepted, some agents at work and some callbacks delivered. */
const IN_THE_MIDST_MS = 1000;
const LATEST_MS = 2500;

/**
 * Each victim in turn in the midst of everything, then each as often at random moments.
 *
 * @param kills a multiple of the number of victims
 */
export function planKills(kills: number, random: Random, victims: readonly Victim[]): PlannedKill[] {
  const turns = Array.from({ length: kills / victims.length }, () => victims);
  const inTurn = turns.slice(0, 1).flatMap((all) => all.map((victim) => ({ victim, afterMs: IN_THE_MIDST_MS })));
  const later = turns.slice(1).flat();
  const atRandom = shuffle(later, random).map((victim) => ({ victim, afterMs: Math.round(random() * LATEST_MS) }));
  return [{ victim: undefined, afterMs: IN_THE_MIDST_MS }, ...inTurn, ...atRandom];
}
