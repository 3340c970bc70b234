/**
 * Changes of workflow behaviour that older runs must not see, for `patched` of the SDK. Never change or reuse a name; remove one
 * when no run from before it is open or kept.
 */
export const PATCH = {
  /** A separate activity notifies the operator of a dead letter when the delivery could not. */
  reportDeadLetter: 'report-dead-letter',
  /** The contract's schemas check the whole input, including its metadata and limits. */
  checkWithSchemas: 'check-with-schemas',
  /** A cancel leaves the first attempt of a callback to its end. */
  finishFirstAttempt: 'finish-first-attempt',
  /** The step `deliverCallback` delivers from a scope that is canceled already. */
  deliverWhenCanceled: 'deliver-when-canceled',
  /** A field that resembles a known one is refused, not dropped. */
  refuseMisspelt: 'refuse-misspelt',
  /** A run that waits for an agent at fault has a search attribute. */
  markWaiting: 'mark-waiting',
  /** Steps that would fill a workflow task beyond what Temporal takes wait for the next one. */
  waitForRoom: 'wait-for-room',
  /** A run of a session asks its agent when it is its turn. */
  waitForTurn: 'wait-for-turn',
  /** A person approves the task before its agent is asked. */
  askFirst: 'ask-first',
  /** The receiver of a run's callback is told of the run's questions, where it wants that. */
  tellQuestions: 'tell-questions',
  /** A choice that no form can send is refused when it is asked. */
  refuseUnsendable: 'refuse-unsendable',
} as const;
