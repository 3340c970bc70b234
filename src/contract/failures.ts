/** What a class of failures means for the run. */
interface FailureClassEntry {
  /** Whether and when the run goes on. */
  readonly retried: string;
  /** Whether the attempt may have cost money: such attempts are counted, and `max_attempts` bounds them. */
  readonly paid: boolean;
  /** Whether all runs of the agent leave it alone for a while, because it took no task. */
  readonly pausesAgent: boolean;
}

/**
 * The class of a failure decides what happens next. Whether it passes and whether it may have cost money are two questions: what
 * was refused before any work began is free, and goes on within the total timeout.
 */
export const FAILURE_CLASSES = {
  /** Caused by the task, or final for another reason. */
  task: { retried: 'not retried', paid: true, pausesAgent: false },
  /** Transient, after the work may have begun. */
  passing: { retried: 'retried; the attempt counts', paid: true, pausesAgent: false },
  /** The agent took no task: it is busy, or rate limited. */
  refused: { retried: 'retried when it is its turn; the attempt does not count', paid: false, pausesAgent: true },
  /** Caused by the agent, not by the task. */
  agent: { retried: 'retried later; the attempt does not count', paid: false, pausesAgent: true },
  /** The attempt ended with its worker. */
  worker: { retried: 'retried at once by the next worker', paid: false, pausesAgent: false },
  /** The callback was not delivered. */
  delivery: { retried: "retried on the callback's schedule", paid: false, pausesAgent: false },
} as const satisfies Record<string, FailureClassEntry>;

export type FailureClass = keyof typeof FAILURE_CLASSES;

interface FailureEntry {
  readonly class: FailureClass;
  /** What happened, for the reference page. */
  readonly meaning: string;
  /** What the reader can do about it. */
  readonly fix: string;
}

/**
 * Every failure of a run by type: the `type` of the Temporal failure, and the `code` that a caller reads.
 *
 * @example
 * console.log(FAILURES.RateLimited.meaning);
 */
export const FAILURES = {
  InvalidInput: {
    class: 'task',
    meaning: 'The input of a workflow, signal or activity is not valid.',
    fix: 'Correct the field that the message names, then start again.',
  },
  UnknownAgent: {
    class: 'task',
    meaning: 'No agent of this name is configured on the worker that took the task.',
    fix: 'Correct the name, or add the agent to the settings of every worker of its task queue.',
  },
  UnknownWorkflow: {
    class: 'task',
    meaning: 'No worker of the task queue serves the workflow that the run names.',
    fix: 'Correct the name, or add the workflow to `workflows` in the settings of every worker of its task queue.',
  },
  WorkflowFailed: {
    class: 'task',
    meaning: 'The workflow of your own threw an error, or its code no longer fits its history.',
    fix: 'Read the error in the Temporal UI, correct the workflow, then start a new run.',
  },
  OutputInvalid: {
    class: 'task',
    meaning: 'The workflow of your own returned something that JSON cannot hold.',
    fix: 'Return a text, or an object of texts, numbers, booleans, lists and null; write a date as `date.toISOString()`.',
  },
  TaskRefused: {
    class: 'task',
    meaning: 'The agent rejected the task as malformed or too large.',
    fix: 'Change the task; the agent rejects the same text again.',
  },
  StepTooLarge: {
    class: 'task',
    meaning:
      'The input of a step of a workflow exceeds what Temporal stores (2 MiB), or a question to a person exceeds 64 KiB. The step was not started.',
    fix: 'Shorten the text: ask earlier steps for shorter answers, or have an agent summarise them first.',
  },
  AnswerTooLarge: {
    class: 'task',
    meaning: 'The answer exceeds the size limit. The agent is not called again.',
    fix: 'Ask for a shorter answer, or raise max_answer_bytes for this agent.',
  },
  TokenBudgetExceeded: {
    class: 'task',
    meaning: 'The agent reached its own token limit for one task.',
    fix: "Split the task, or raise the agent's token limit.",
  },
  BudgetExceeded: {
    class: 'task',
    meaning: 'The run has used what it may cost over all its calls: `max_tokens`, `max_cost_usd` or `max_calls`.',
    fix: "Raise the agent's limit that the message names, or split the task.",
  },
  RunTimeout: {
    class: 'task',
    meaning: "No attempt returned an answer within the run's total timeout.",
    fix: 'Check the last error; raise total_timeout for this agent if it needs longer.',
  },
  Canceled: {
    class: 'task',
    meaning: 'The run was canceled before the agent answered.',
    fix: 'Start a new run if you still need the answer.',
  },
  ApprovalRefused: {
    class: 'task',
    meaning: 'A person refused the task, or nobody approved it in time. The agent was not called.',
    fix: 'Ask whoever refused it, then send the task again.',
  },
  InputTimeout: {
    class: 'task',
    meaning: 'Nobody answered a question of the run in time, and the question has no default.',
    fix: 'Start the run again, and answer in time; or give the question a longer timeout or a default.',
  },
  AgentTimeout: {
    class: 'passing',
    meaning: 'The agent did not answer within the attempt timeout.',
    fix: 'Raise attempt_timeout for this agent, or ask for less.',
  },
  ConnectionLost: {
    class: 'passing',
    meaning: 'The connection to the agent broke during the call.',
    fix: 'Check whether the agent restarted.',
  },
  RateLimited: {
    class: 'refused',
    meaning: 'The agent is rate limited and took no task. All its runs wait, for as long as it asks.',
    fix: "No action is needed for a single run. If it recurs, lower this agent's concurrency.",
  },
  AgentBusy: {
    class: 'refused',
    meaning:
      'The run waits for a permit of the agent. It is final when `queue_timeout` is over, or when too little of the total timeout is left for a call.',
    fix: "Raise this agent's concurrency, queue_timeout or total_timeout, or send fewer tasks.",
  },
  ModelRateLimited: {
    class: 'passing',
    meaning: "The agent's model is rate limited. The agent may have worked before.",
    fix: "No action is needed for a single run. If it recurs, lower this agent's concurrency.",
  },
  ModelUnavailable: {
    class: 'passing',
    meaning: "The agent cannot reach its model, or the model's server failed.",
    fix: "Check the agent's model endpoint.",
  },
  ModelAnswerUnreadable: {
    class: 'passing',
    meaning: "The agent cannot parse its model's response.",
    fix: "Check the agent's model and provider settings.",
  },
  AgentFailed: {
    class: 'passing',
    meaning: 'The agent failed with an unknown error.',
    fix: "Check the agent's log around this time.",
  },
  SessionUnreadable: {
    class: 'passing',
    meaning: 'The worker cannot read the other runs of the session that belong to the task. The agent was not called.',
    fix: 'Give every worker the payload keys and the store of large payloads with which those runs were written.',
  },
  AgentUnreachable: {
    class: 'agent',
    meaning: 'The connection to the agent failed. The task did not start.',
    fix: 'Start the agent, or correct its address in the settings.',
  },
  AgentKeyRefused: {
    class: 'agent',
    meaning: 'The agent rejected the API key.',
    fix: 'Set the API key that this agent expects.',
  },
  ModelKeyRefused: {
    class: 'agent',
    meaning: "The model rejected the agent's API key.",
    fix: "Correct the model's API key in the agent's own configuration.",
  },
  AgentBudgetExhausted: {
    class: 'agent',
    meaning: 'The agent has used all its turns and takes no task until it restarts.',
    fix: 'Restart the agent, or raise its turn limit.',
  },
  AgentMisconfigured: {
    class: 'agent',
    meaning: "The response does not come from a working agent: the address, the settings or the agent's name is wrong.",
    fix: "Check the agent's settings, here and in the agent itself.",
  },
  WorkerStopped: {
    class: 'worker',
    meaning: 'The worker shut down during the attempt.',
    fix: 'No action is needed: the next worker retries it.',
  },
  AttemptInterrupted: {
    class: 'worker',
    meaning: "An operator's pause or reset of the activity interrupted the attempt.",
    fix: 'Unpause the activity; a reset retries it at once.',
  },
  WorkerCrashed: {
    class: 'worker',
    meaning: 'The worker crashed during the attempt, or lost contact with Temporal while another worker took over.',
    fix: "If it recurs, check the worker's log before the crash.",
  },
  CallbackFailed: {
    class: 'delivery',
    meaning: 'The receiver did not accept the callback.',
    fix: 'Check the receiver; the next attempt is automatic.',
  },
  CallbackParked: {
    class: 'delivery',
    meaning: 'The per-host limit is reached; this delivery is deferred and does not count as an attempt.',
    fix: 'If it persists, check whether the receiver responds slowly or not at all.',
  },
  CallbackRefused: {
    class: 'delivery',
    meaning: 'Policy forbids the callback address.',
    fix: 'Use a permitted address; an operator can permit networks with CALLBACK_PERMIT_NETWORKS.',
  },
  CallbackStopped: {
    class: 'delivery',
    meaning: 'The receiver asked for no further attempts.',
    fix: 'Redeliver the callback when the receiver accepts callbacks again.',
  },
  CallbackUndeliverable: {
    class: 'delivery',
    meaning: 'Every attempt to deliver the callback failed, and nobody redelivered it in time.',
    fix: 'Poll the run for its outcome.',
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureType = keyof typeof FAILURES;

/**
 * Whether a text is a failure type of this table. Types from elsewhere (the SDK, another team's activity) are not.
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
 * failureClass('RateLimited'); // 'refused'
 */
export function failureClass(type: FailureType): FailureClass {
  return FAILURES[type].class;
}
