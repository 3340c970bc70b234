import { type Random, shuffle } from '../support/seeded-random.ts';
import type { Victim } from './crash-stack.ts';

/** One round: webhooks are posted, and something is killed meanwhile. */
export interface PlannedKill {
  /** Undefined: nothing, to see what the same costs undisturbed. */
  readonly victim: Victim | undefined;
  /** From the first webhook to the kill, in milliseconds. */
  readonly afterMs: number;
}

/** When a round's kill may come, in milliseconds from its first webhook. */
export interface KillTimes {
  readonly inTheMidst: number;
  readonly latest: number;
}

/**
 * Of a round of so many runs at once, which two cores do at some 50 a second: by the first, some webhooks are accepted, some agents at work, some callbacks
 * delivered; by the other, most is done. At a rate: once the first runs are through, and as long as others are to come.
 */
export function killTimes(runs: number, perSecond?: number): KillTimes {
  if (perSecond === undefined) return { inTheMidst: 5 * runs, latest: 12.5 * runs };
  const allMs = (runs * 1000) / perSecond;
  return { inTheMidst: allMs / 4, latest: allMs / 2 };
}

/**
 * Each victim in turn in the midst of everything, then each as often at random moments.
 *
 * @param kills a multiple of the number of victims
 */
export function planKills(
  { kills, victims, ...times }: { kills: number; victims: readonly Victim[] } & KillTimes,
  random: Random,
): PlannedKill[] {
  const turns = Array.from({ length: kills / victims.length }, () => victims);
  const inTurn = turns.slice(0, 1).flatMap((all) => all.map((victim) => ({ victim, afterMs: times.inTheMidst })));
  const later = turns.slice(1).flat();
  const atRandom = shuffle(later, random).map((victim) => ({ victim, afterMs: Math.round(random() * times.latest) }));
  return [{ victim: undefined, afterMs: times.inTheMidst }, ...inTurn, ...atRandom];
}
