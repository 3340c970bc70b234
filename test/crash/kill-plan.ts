import { type Random, shuffle } from '../support/seeded-random.ts';
import type { Victim } from './crash-stack.ts';

/** One round: webhooks are posted, and something is killed meanwhile. */
export interface PlannedKill {
  /** Undefined: nothing, to see what the same costs undisturbed. */
  readonly victim: Victim | undefined;
  /** From the first webhook to the kill, in milliseconds. */
  readonly afterMs: number;
}

/** Two cores do some 50 runs a second: by then some webhooks are accepted, some agents at work, some callbacks delivered. */
const IN_THE_MIDST_MS_PER_RUN = 5;
/** By then most is done. */
const LATEST_MS_PER_RUN = 12.5;

/**
 * Each victim in turn in the midst of everything, then each as often at random moments.
 *
 * @param kills a multiple of the number of victims
 */
export function planKills(
  { kills, runsPerKill, victims }: { kills: number; runsPerKill: number; victims: readonly Victim[] },
  random: Random,
): PlannedKill[] {
  const inTheMidst = IN_THE_MIDST_MS_PER_RUN * runsPerKill;
  const latest = LATEST_MS_PER_RUN * runsPerKill;
  const turns = Array.from({ length: kills / victims.length }, () => victims);
  const inTurn = turns.slice(0, 1).flatMap((all) => all.map((victim) => ({ victim, afterMs: inTheMidst })));
  const later = turns.slice(1).flat();
  const atRandom = shuffle(later, random).map((victim) => ({ victim, afterMs: Math.round(random() * latest) }));
  return [{ victim: undefined, afterMs: inTheMidst }, ...inTurn, ...atRandom];
}
