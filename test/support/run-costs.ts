/** What a run costs: one agent, one callback, nothing repeated. */
export const EVENTS = {
  /** Its callback is delivered by the first try, within the workflow task of the answer. */
  atOnce: 12,
  /** There was a first try, and it was left to the activity: the receiver is not known yet, or not quick. */
  deferred: 18,
  /** Its worker makes no first tries. */
  withoutFirstTry: 17,
} as const;
