/** The form of a run ID, without what makes one: workflow code has no `node:crypto`. */

/** Lower-case base32 of RFC 4648. */
export const RUN_ID_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** Characters after `run-`, 130 bits. */
export const RUN_ID_CHARACTERS = 26;

/**
 * The form of a run ID, for a regular expression: what `deriveRunId` and `randomRunId` return, or, for a run of a schedule, the name of the
 * schedule and the time at which the run was due, which Temporal appends.
 */
export const RUN_ID_FORM = '^run-(?:[a-z2-7]{26}|[a-z0-9][a-z0-9-]{0,39}-\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ)$';

const RUN_ID = new RegExp(RUN_ID_FORM);

/**
 * Whether a text has the form of a run ID. Anything else needs no lookup.
 *
 * @example
 * isRunId('run-4x7q'); // false: 26 characters follow `run-`
 */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

const REDELIVERY = '-redelivery';

/**
 * The workflow ID under which the callback of a closed run is sent again. One for all redeliveries of a run: each is another execution.
 *
 * @example
 * client.workflow.getHandle(redeliveryIdOf(runId)).describe();
 */
export function redeliveryIdOf(runId: string): string {
  return `${runId}${REDELIVERY}`;
}

/** The run of a workflow ID that `redeliveryIdOf` made; undefined for another one. */
export function runOfRedelivery(workflowId: string): string | undefined {
  const runId = workflowId.slice(0, -REDELIVERY.length);
  return workflowId.endsWith(REDELIVERY) && isRunId(runId) ? runId : undefined;
}
