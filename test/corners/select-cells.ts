import type { Cell } from './corner-round.ts';
import { type Event, EVENT_NAMES } from './events.ts';
import { type State, STATE_NAMES } from './states.ts';

/**
 * The cells that a choice names: each is a list of states and events with commas. A choice without a state means all states,
 * one without an event all events; no choice means every cell.
 *
 * @throws Error naming what is neither
 */
export function selectCells(choices: readonly string[]): Cell[] {
  const chosen = (choices.length === 0 ? [''] : choices).flatMap((choice) => cellsOf(choice));
  return [...new Map(chosen.map((cell) => [`${cell.state} ${cell.event}`, cell])).values()];
}

function cellsOf(choice: string): Cell[] {
  const names = choice.split(',').filter((name) => name !== '');
  const states = names.filter((name): name is State => STATE_NAMES.some((state) => state === name));
  const events = names.filter((name): name is Event => EVENT_NAMES.some((event) => event === name));
  const unknown = names.find((name) => ![...states, ...events].some((known) => known === name));
  if (unknown !== undefined) {
    throw new Error(`"${unknown}" is no state (${STATE_NAMES.join(', ')}) and no event (${EVENT_NAMES.join(', ')}).`);
  }
  return (states.length === 0 ? STATE_NAMES : states).flatMap((state) =>
    (events.length === 0 ? EVENT_NAMES : events).map((event) => ({ state, event })),
  );
}
