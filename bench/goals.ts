import type { EngineFigures } from './measure-engine.ts';
import { EVENTS } from '../test/support/run-costs.ts';
import { medianDifference, medianRatio } from './pairs.ts';

/** What this project reaches for. A goal that is missed is told, and fails nothing. */
interface Goal {
  readonly what: string;
  /** Undefined where it was not measured. */
  readonly figureOf: (figures: EngineFigures) => number | undefined;
  readonly isHeld: (figure: number) => boolean;
  readonly show: (figure: number) => string;
}

const times = (figure: number): string => `${figure.toFixed(2)} times`;
const milliseconds = (figure: number): string => `${figure.toFixed(1)} ms`;
const atLeast =
  (least: number) =>
  (figure: number): boolean =>
    figure >= least;
const atMost =
  (most: number) =>
  (figure: number): boolean =>
    figure <= most;

const GOALS: readonly Goal[] = [
  {
    what: 'accepted webhooks a second: 0.9 times bare starts of the same payload',
    figureOf: ({ starts }) => medianRatio(starts.same.perSecond),
    isHeld: atLeast(0.9),
    show: times,
  },
  {
    what: '202 at the median: 1 ms more than a bare start of the same payload, idle',
    figureOf: ({ idle }) => medianDifference(idle.p50),
    isHeld: atMost(1),
    show: milliseconds,
  },
  {
    what: 'completed runs a second: 0.95 times minimal, equal settings',
    figureOf: ({ equal }) => medianRatio(equal.perSecond),
    isHeld: atLeast(0.95),
    show: times,
  },
  {
    what: 'completed runs a second: 2.5 times minimal on a server as shipped',
    figureOf: ({ shipped }) => shipped && medianRatio(shipped.perSecond),
    isHeld: atLeast(2.5),
    show: times,
  },
  {
    what: 'end to end at 5/s at the median: 1/6 (0.17 times) of minimal on a server as shipped',
    figureOf: ({ shipped }) => shipped && medianRatio(shipped.latencyP50),
    isHeld: atMost(1 / 6),
    show: times,
  },
  {
    what: 'CPU of the process: 1 ms a run more than minimal, equal settings',
    figureOf: ({ equal }) => medianDifference(equal.processCpuMs),
    isHeld: atMost(1),
    show: milliseconds,
  },
  {
    what: 'CPU of the process: 2 ms a run more than written by hand, like for like',
    figureOf: ({ alike }) => medianDifference(alike.processCpuMs),
    isHeld: atMost(2),
    show: milliseconds,
  },
  {
    what: `history events a run: ${EVENTS.atOnce}`,
    figureOf: ({ costs }) => costs.events,
    isHeld: atMost(EVENTS.atOnce),
    show: String,
  },
];

/** Every goal beside its figure on each engine, as a Markdown table. */
export function goalTable(engines: readonly EngineFigures[]): string {
  const lines = GOALS.map(({ what, figureOf, isHeld, show }) => {
    const cells = engines.map((figures) => {
      const figure = figureOf(figures);
      return figure === undefined ? 'not measured' : `${show(figure)}: ${isHeld(figure) ? 'held' : '**missed**'}`;
    });
    return `| ${[what, ...cells].join(' | ')} |`;
  });
  const heading = `| reach for | ${engines.map(({ name }) => name).join(' | ')} |`;
  return [heading, `| --- | ${engines.map(() => '---').join(' | ')} |`, ...lines].join('\n');
}
