/**
 * Lets each side take its turn in every round. Who was first is last in the next one: a database that fills and a machine
 * that slows down favour nobody.
 */
export async function alternate<Side>(
  rounds: number,
  sides: readonly Side[],
  turn: (side: Side) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const first = round % sides.length;
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) await turn(side);
  }
}
