import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Payload } from './bare-start.ts';
import { type AnswerFigures, compareAnswers } from './compare-answers.ts';
import { compareStarts, type StartFigures } from './compare-starts.ts';
import type { Engine } from './engine.ts';
import { atOnce } from './measure.ts';
import { measureOpenRuns, type OpenRunFigures } from './measure-open-runs.ts';
import { measureWholeRuns, type WholeRuns } from './measure-whole-runs.ts';
import { startPeer } from './peer.ts';
import { type OurOptions, type OurProcess, startBareIngress, startMinimal, startOurs } from './processes.ts';
import { measureRunCosts, type RunCosts } from './run-cost.ts';
import { minimalSide, webhookSide } from './run-side.ts';
import type { Scale } from './scale.ts';
import { CONCURRENCY, TEXT } from './workload.ts';

/** Everything that was measured on one engine. */
export interface EngineFigures extends WholeRuns, Pick<Engine, 'kind' | 'name' | 'about'> {
  readonly costs: RunCosts;
  /** Against bare starts that carry the same, and against such with the text alone. */
  readonly starts: Readonly<Record<Payload, StartFigures>>;
  readonly idle: AnswerFigures;
  /** Of an ingress that does nothing but start, against the same bare starts. */
  readonly bareIngress: { readonly starts: StartFigures; readonly idle: AnswerFigures };
  readonly loaded: AnswerFigures;
  readonly openRuns: OpenRunFigures | undefined;
}

export interface EngineOptions {
  readonly folder: string;
  readonly scale: Scale;
  readonly say: (text: string) => void;
  readonly withShipped: boolean;
  readonly withOpenRuns: boolean;
}

/** Never answers while the benchmark runs. */
const SLOW_MS = 600_000;

/** Takes every measure on one engine, and ends all processes that it began. */
export async function measureEngine(engine: Engine, options: EngineOptions): Promise<EngineFigures> {
  const { scale, withShipped, withOpenRuns } = options;
  const say = (text: string): void => options.say(`${engine.name}: ${text}`);
  const folder = join(options.folder, engine.name.replaceAll(/\W/g, '-').toLowerCase());
  mkdirSync(folder);
  const ends: (() => unknown)[] = [];
  const ended = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    ends.push(() => one.stop());
    return one;
  };
  try {
    say('starting');
    const server = await ended(engine.startOurs());
    const peer = await startPeer();
    ends.push(() => peer.close());
    const common = { temporal: server.env, agentUrl: peer.url, folder };
    const start = (own: Pick<OurOptions, 'command' | 'taskQueue' | 'agentConcurrency'>): Promise<OurProcess> =>
      ended(startOurs({ ...common, ...own }));
    const [minimal, ours, ingress, bare] = await Promise.all([
      ended(startMinimal(server.env, 'tuned')),
      start({ command: 'start', taskQueue: 'ours', agentConcurrency: scale.slowRuns }),
      start({ command: 'ingress', taskQueue: 'nobody-takes-these' }),
      ended(startBareIngress(server.env)),
    ]);

    say('whole runs');
    const startShipped = withShipped ? { startShipped: () => engine.startShipped() } : {};
    const runs = await measureWholeRuns({ server, ours, minimal, peer, scale, ...startShipped });
    say('what a run costs the server');
    const runId = await ours.post({ text: TEXT, callback_url: `${peer.url}/callback` });
    const [our, their] = [webhookSide(server, ours, peer), minimalSide(server, minimal)];
    const costs = await measureRunCosts(our, their, runId, scale.countedRuns);

    say('accepted webhooks, against bare starts');
    const same = await compareStarts({ ingress, bare }, minimal, 'same', scale);
    const text = await compareStarts({ ingress }, minimal, 'text', scale);
    const starts = { same: same.ingress, text: text.ingress };
    const idle = await compareAnswers({ ingress, bare }, minimal, scale);
    say(`the same, with ${scale.slowRuns} slow agents`);
    peer.setAgentDelay(SLOW_MS);
    await atOnce(scale.slowRuns, CONCURRENCY, async () => void (await ours.post({ text: TEXT })));
    const loaded = await compareAnswers({ ingress }, minimal, scale);

    let openRuns: OpenRunFigures | undefined;
    if (withOpenRuns) {
      say(`memory with ${scale.openRuns} open runs`);
      await Promise.all([ours.stop(), minimal.stop(), ingress.stop(), bare.stop()]);
      const taskQueue = 'open-runs';
      openRuns = await measureOpenRuns((command) => start({ command, taskQueue }), scale.openRuns, say);
    }
    const { kind, name, about } = engine;
    const bareIngress = { starts: same.bare, idle: idle.bare };
    return {
      kind,
      name,
      about,
      ...runs,
      costs,
      starts,
      idle: idle.ingress,
      bareIngress,
      loaded: loaded.ingress,
      openRuns,
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
