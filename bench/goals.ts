import { EVENTS } from '../test/support/run-costs.ts';
import type { Engine } from './engine.ts';
import type { EngineFigures } from './measure-engine.ts';
import { median } from './measure.ts';
import { differences, type Pairs, ratios } from './pairs.ts';

/** What this project reaches for. A goal that is missed is told, and fails nothing. */
interface Goal {
  readonly what: string;
  /** A value a round; undefined where it was not measured. */
  readonly figuresOf: (figures: EngineFigures) => readonly number[] | undefined;
  readonly least?: Bound;
  readonly most?: Bound;
  readonly show: (figure: number) => string;
}

/** The same on every engine, or one for each. */
type Bound = number | Readonly<Record<Engine['kind'], number>>;

const times = (figure: number): string => figure.toFixed(2);
const milliseconds = (figure: number): string => `${figure.toFixed(1)} ms`;
const ratiosOf = (pairs: Pairs | undefined): readonly number[] | undefined => pairs && ratios(pairs);
const calls = ({ costs }: EngineFigures): number =>
  [...costs.ours.calls.values()].reduce((sum, count) => sum + count, 0);

const GOALS: readonly Goal[] = [
  {
    what: 'completed runs a second, by the minimal workflow with equal settings',
    figuresOf: ({ equal }) => ratios(equal.perSecond),
    least: 1.15,
    show: times,
  },
  {
    what: 'completed runs a second, by the minimal workflow on a server as shipped',
    figuresOf: ({ shipped }) => ratiosOf(shipped?.perSecond),
    least: { dev: 2.5, postgres: 1.3 },
    show: times,
  },
  {
    what: 'CPU of the engine a run, by the minimal workflow with equal settings',
    figuresOf: ({ equal }) => ratios(equal.engineCpuMs),
    most: 0.8,
    show: times,
  },
  {
    what: 'CPU of the process a run, less that of the process by hand',
    figuresOf: ({ alike }) => differences(alike.processCpuMs),
    most: 2,
    show: milliseconds,
  },
  { what: 'frontend calls a run, but for long polls', figuresOf: (figures) => [calls(figures)], most: 5, show: one },
  {
    what: 'end to end at 5/s at the median, by the minimal workflow with equal settings',
    figuresOf: ({ equal }) => ratios(equal.latencyP50),
    most: 0.9,
    show: times,
  },
  {
    what: '202 at the median, less a bare start of the same payload, idle',
    figuresOf: ({ idle }) => differences(idle.p50),
    most: 1,
    show: milliseconds,
  },
  {
    what: 'accepted webhooks a second, by bare starts of the same payload',
    figuresOf: ({ starts }) => ratios(starts.same.perSecond),
    least: 0.95,
    show: times,
  },
  { what: 'history events a run', figuresOf: ({ costs }) => [costs.events], most: EVENTS.atOnce, show: String },
];

/** What was reached for before, and was published: it stands beside what replaced it. */
const FORMER_GOALS: readonly Goal[] = [
  {
    what: 'completed runs a second, by the minimal workflow with equal settings',
    figuresOf: ({ equal }) => ratios(equal.perSecond),
    least: 0.95,
    show: times,
  },
  {
    what: 'completed runs a second, by the minimal workflow on a server as shipped',
    figuresOf: ({ shipped }) => ratiosOf(shipped?.perSecond),
    least: 2.5,
    show: times,
  },
  {
    what: 'end to end at 5/s at the median, by the minimal workflow on a server as shipped',
    figuresOf: ({ shipped }) => ratiosOf(shipped?.latencyP50),
    most: 1 / 6,
    show: times,
  },
  {
    what: 'CPU of the process a run, less that of the minimal workflow with equal settings',
    figuresOf: ({ equal }) => differences(equal.processCpuMs),
    most: 1,
    show: milliseconds,
  },
  {
    what: 'accepted webhooks a second, by bare starts of the same payload',
    figuresOf: ({ starts }) => ratios(starts.same.perSecond),
    least: 0.9,
    show: times,
  },
  { what: 'history events a run', figuresOf: ({ costs }) => [costs.events], most: 17, show: String },
];

/** Every goal beside its figures on each engine, as a Markdown table. */
export function goalTable(engines: readonly EngineFigures[]): string {
  return tableOf(GOALS, engines);
}

/** The same of the goals that were replaced. */
export function formerGoalTable(engines: readonly EngineFigures[]): string {
  return tableOf(FORMER_GOALS, engines);
}

function tableOf(goals: readonly Goal[], engines: readonly EngineFigures[]): string {
  const lines = goals.map((goal) => {
    const { what, figuresOf, show } = goal;
    const cells = engines.map((figures) => {
      const values = figuresOf(figures);
      if (values === undefined) return 'not measured';
      const range = values.length > 1 ? ` (${show(Math.min(...values))} to ${show(Math.max(...values))})` : '';
      return `${show(median(values))}${range}: ${isHeld(goal, figures.kind, median(values)) ? 'held' : '**missed**'}`;
    });
    return `| ${[what, boundsOf(goal, engines), ...cells].join(' | ')} |`;
  });
  const heading = `|  | goal | ${engines.map(({ name }) => name).join(' | ')} |`;
  return [heading, `| --- | --- | ${engines.map(() => '---').join(' | ')} |`, ...lines].join('\n');
}

function isHeld({ least = -Infinity, most = Infinity }: Goal, kind: Engine['kind'], figure: number): boolean {
  return figure >= boundOn(least, kind) && figure <= boundOn(most, kind);
}

function boundOn(bound: Bound, kind: Engine['kind']): number {
  return typeof bound === 'number' ? bound : bound[kind];
}

/** Such as `≥ 2.50, 1.30`: in the order of the engines where they differ. */
function boundsOf({ least, most, show }: Goal, engines: readonly EngineFigures[]): string {
  const shown = (bound: Bound): string =>
    typeof bound === 'number' ? show(bound) : engines.map(({ kind }) => show(bound[kind])).join(' and ');
  return [
    ...(least === undefined ? [] : [`≥ ${shown(least)}`]),
    ...(most === undefined ? [] : [`≤ ${shown(most)}`]),
  ].join(', ');
}

function one(figure: number): string {
  return figure.toFixed(1);
}
