/**
 * Every failure that a run can meet, by type: the `type` of the Temporal failure, and the `code` that a caller reads.
 *
 * The class decides what happens next:
 * - `task`: the task's own fault, or final for another reason. Terminal.
 * - `passing`: may be gone in a moment. Tried again, and every try counts, because it may have cost money.
 * - `agent`: the agent's fault, which says nothing about the task. Tried late, without using up the paid attempts.
 * - `worker`: the attempt ended with its worker. Handed to the next worker at once.
 * - `delivery`: the callback could not be delivered this time. Tried by the callback's own schedule.
 */
export type FailureClass = 'task' | 'passing' | 'agent' | 'worker' | 'delivery';

interface FailureEntry {
  readonly class: FailureClass;
  /** What it means, for the reference page. */
  readonly meaning: string;
  /** What the reader can do. */
  readonly mend: string;
}

/**
 * Every failure type, its class and what the reader can do.
 *
 * @example
 * console.log(FAILURES.RateLimited.meaning);
 */
export const FAILURES = {
  InvalidInput: {
    class: 'task',
    meaning: 'The input of a workflow, signal or activity is not what it takes.',
    mend: 'Correct the named field and start again.',
  },
  TaskRefused: {
    class: 'task',
    meaning: 'The agent refused the task as malformed or too large.',
    mend: 'Change the task; the same text will be refused again.',
  },
  AnswerTooLarge: {
    class: 'task',
    meaning: 'The agent answered with more than the limit. It is not asked again.',
    mend: 'Ask for a shorter answer, or raise max_answer_bytes for this agent.',
  },
  TokenBudgetExceeded: {
    class: 'task',
    meaning: 'The agent stopped at its own token cap for one task.',
    mend: "Split the task, or raise the agent's token limit.",
  },
  RunTimeout: {
    class: 'task',
    meaning: 'No attempt brought an answer within the total time of the run.',
    mend: 'Look at the last error; raise total_timeout for this agent if it needs longer.',
  },
  Canceled: {
    class: 'task',
    meaning: 'The run was canceled before the agent had answered.',
    mend: 'Start a new run if the answer is still wanted.',
  },
  AgentTimeout: {
    class: 'passing',
    meaning: 'The agent gave no answer within the attempt timeout.',
    mend: 'Raise attempt_timeout for this agent, or ask for less.',
  },
  ConnectionLost: {
    class: 'passing',
    meaning: 'The connection to the agent broke while it worked.',
    mend: 'Look at the agent: it may have restarted.',
  },
  RateLimited: {
    class: 'passing',
    meaning: 'The agent or its model asked for a pause.',
    mend: "Nothing to do for a single run; lower this agent's concurrency if it recurs.",
  },
  ModelUnavailable: {
    class: 'passing',
    meaning: "The agent could not reach its model, or the model's server failed.",
    mend: "Look at the agent's model endpoint.",
  },
  ModelAnswerUnreadable: {
    class: 'passing',
    meaning: 'The model answered the agent with something that it could not read.',
    mend: "Look at the agent's model and provider settings.",
  },
  AgentFailed: {
    class: 'passing',
    meaning: 'The agent failed in a way that is not known here.',
    mend: "Look at the agent's own log at this time.",
  },
  AgentUnreachable: {
    class: 'agent',
    meaning: 'No connection to the agent could be made. The task was not started.',
    mend: 'Start the agent, or correct its address in the settings.',
  },
  AgentKeyRefused: {
    class: 'agent',
    meaning: 'The agent refused our key.',
    mend: 'Give this agent the key that it expects.',
  },
  ModelKeyRefused: {
    class: 'agent',
    meaning: "The model refused the agent's key.",
    mend: "Correct the model key in the agent's own configuration.",
  },
  AgentBudgetExhausted: {
    class: 'agent',
    meaning: 'The agent has used up the turns it may take until its next restart.',
    mend: 'Restart the agent, or raise its limit of turns.',
  },
  AgentMisconfigured: {
    class: 'agent',
    meaning: 'The agent answers, but not as an agent: wrong address, wrong settings, or an unknown name.',
    mend: "Check the agent's settings, here and on its own side.",
  },
  WorkerStopped: {
    class: 'worker',
    meaning: 'The worker was stopped while the attempt ran.',
    mend: 'Nothing to do: the next worker goes on.',
  },
  WorkerCrashed: {
    class: 'worker',
    meaning: 'The worker died while the attempt ran, and reported it after its restart.',
    mend: "Look at the worker's log before its restart if it recurs.",
  },
  CallbackFailed: {
    class: 'delivery',
    meaning: 'The receiver did not take the callback this time.',
    mend: 'Look at the receiver; the next try comes by itself.',
  },
  CallbackParked: {
    class: 'delivery',
    meaning: 'So many callbacks to this host are under way that this one waits for its turn. It has used up no try.',
    mend: 'Look at the receiver if it lasts: it answers slowly, or not at all.',
  },
  CallbackRefused: {
    class: 'delivery',
    meaning: 'Policy forbids the callback address.',
    mend: 'Use a permitted address; an operator can permit networks with CALLBACK_PERMIT_NETWORKS.',
  },
  CallbackStopped: {
    class: 'delivery',
    meaning: 'The receiver asked for no more tries.',
    mend: 'Redeliver once the receiver takes callbacks again.',
  },
  CallbackUndeliverable: {
    class: 'delivery',
    meaning: 'Every try to deliver the callback failed, and nobody redelivered it in time.',
    mend: 'Poll the run for its outcome.',
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureType = keyof typeof FAILURES;

/**
 * Whether a text is a type of the table; a failure from elsewhere (the SDK, another team's activity) is not.
 *
 * @example
 * if (isFailureType(failure.type)) console.log(FAILURES[failure.type].meaning);
 */
export function isFailureType(text: unknown): text is FailureType {
  return typeof text === 'string' && Object.hasOwn(FAILURES, text);
}

/** Every failure type of a class. */
export function failureTypesOf(wanted: FailureClass): FailureType[] {
  return Object.keys(FAILURES).filter(
    (type): type is FailureType => isFailureType(type) && failureClass(type) === wanted,
  );
}

/**
 * The class of a failure type.
 *
 * @example
 * failureClass('RateLimited'); // 'passing'
 */
export function failureClass(type: FailureType): FailureClass {
  return FAILURES[type].class;
}
