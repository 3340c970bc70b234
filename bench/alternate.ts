import type { Pairs } from './pairs.ts';

/**
 * Lets both sides take their turn in every round. Who was first is second in the next one: a database that fills and a
 * machine that slows down favour neither.
 */
export async function alternate(rounds: number, turn: (side: keyof Pairs) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const order = ['ours', 'theirs'] as const;
    for (const side of round % 2 === 0 ? order : order.toReversed()) await turn(side);
  }
}
