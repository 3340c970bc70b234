import type { RunResource } from '../../src/protocol/run-resource.ts';
import type { CallbackRequest } from './gated-receiver.ts';
import type { Reply } from './cause-event.ts';
import type { CornerRun } from './corner-run.ts';
import type { RunListener } from './run-listener.ts';
import type { State } from './states.ts';
import { answerTo } from './gated-model.ts';
import type { TemporalView } from './temporal-view.ts';

/** All that is known of one run from outside, when it is over. */
export interface Evidence {
  readonly reply: Reply;
  readonly poll: RunResource;
  /** Its rows in `GET /v1/runs`. */
  readonly listed: readonly RunResource[];
  /** What the event stream told last, and whether it was ended. */
  readonly stream: RunResource | undefined;
  readonly streamEnded: boolean;
  readonly callbacks: readonly CallbackRequest[];
  readonly callbacksElsewhere: readonly CallbackRequest[];
  /** Of all its executions, the newest first. */
  readonly executions: readonly string[];
  /** Activities that Temporal holds open. */
  readonly openActivities: readonly string[];
  readonly calls: readonly { readonly aborted: boolean }[];
  readonly expectedText: string;
  readonly runId: string;
  readonly state: State;
}

/** Looks at a run from every side. */
export async function collectEvidence(
  run: CornerRun,
  {
    reply,
    listed,
    listener,
    temporal,
  }: { reply: Reply; listed: readonly RunResource[]; listener: RunListener; temporal: TemporalView },
): Promise<Evidence> {
  const { api, seat, runId, receiver, elsewhere, text } = run;
  const [poll, executions, { open }] = await Promise.all([
    api.get(seat, runId),
    temporal.executions(runId),
    temporal.describe(runId),
  ]);
  return {
    reply,
    poll,
    listed: listed.filter(({ id }) => id === runId),
    stream: listener.last,
    streamEnded: listener.ended,
    callbacks: receiver.requests,
    callbacksElsewhere: elsewhere.requests,
    executions,
    openActivities: open.map(({ id }) => id),
    calls: run.calls(),
    expectedText: answerTo(text),
    runId,
    state: run.state,
  };
}
