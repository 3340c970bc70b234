/**
 * Changes to what workflows do that runs from before them must not make, for `patched` of the SDK. A name is never changed and
 * never used again; it can go when no run of its time is open or kept any more.
 */
export const PATCH = {
  /** A dead letter of which no delivery could tell the operator is told by an activity of its own. */
  reportDeadLetter: 'report-dead-letter',
  /** The input is refused where the schemas of the contract refuse it, for its metadata and its limits too. */
  checkWithSchemas: 'check-with-schemas',
} as const;
