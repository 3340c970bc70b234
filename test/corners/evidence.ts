import type { RunResource } from '../../src/protocol/run-resource.ts';
import type { CallbackRequest } from './gated-receiver.ts';
import type { Reply } from './cause-event.ts';
import type { CornerRun } from './corner-run.ts';
import type { RunListener } from './run-listener.ts';
import { isTeam, type State } from './states.ts';
import { answerTo } from './gated-model.ts';
import type { TemporalView } from './temporal-view.ts';

/** What the API tells of a run. */
export interface Told {
  readonly poll: RunResource;
  /** Its rows in `GET /v1/runs`. */
  readonly listed: readonly RunResource[];
  /** What the event stream told last, and whether it was ended. */
  readonly stream: RunResource | undefined;
  readonly streamEnded: boolean;
}

/** All that is known of one run from outside, when it is over. */
export interface Evidence {
  readonly reply: Reply;
  /** Undefined for a workflow of a team's own. */
  readonly told: Told | undefined;
  readonly callbacks: readonly CallbackRequest[];
  readonly callbacksElsewhere: readonly CallbackRequest[];
  /** Of all its executions, the newest first. */
  readonly executions: readonly string[];
  /** Activities that Temporal holds open. */
  readonly openActivities: readonly string[];
  readonly calls: readonly { readonly aborted: boolean }[];
  readonly expectedText: string;
  /** What every callback of it must have. */
  readonly webhookId: string;
  readonly state: State;
}

export interface EvidenceSources {
  readonly reply: Reply;
  /** All runs of the client. */
  readonly listed: readonly RunResource[];
  /** Undefined for a workflow of a team's own. */
  readonly listener: RunListener | undefined;
  readonly temporal: TemporalView;
}

/** Looks at a run from every side. */
export async function collectEvidence(
  run: CornerRun,
  { reply, listed, listener, temporal }: EvidenceSources,
): Promise<Evidence> {
  const { api, seat, runId, receiver, elsewhere, text, state } = run;
  const [poll, executions, { open }] = await Promise.all([
    listener && api.get(seat, runId),
    temporal.executions(runId),
    temporal.describe(runId),
  ]);
  return {
    reply,
    told: poll && {
      poll,
      listed: listed.filter(({ id }) => id === runId),
      stream: listener?.last,
      streamEnded: listener?.ended === true,
    },
    callbacks: receiver.requests,
    callbacksElsewhere: elsewhere.requests,
    executions,
    openActivities: open.map(({ id }) => id),
    calls: run.calls(),
    expectedText: answerTo(text),
    webhookId: isTeam(state) ? `${runId}-callback` : runId,
    state,
  };
}
