interface EventRow {
  readonly title: string;
  /** Whose doing it is. */
  readonly by: 'caller' | 'operator' | 'machine';
  /** How it comes about. */
  readonly meaning: string;
}

/** What can happen to a run. */
export const EVENTS = {
  cancel: {
    title: 'Cancel',
    by: 'caller',
    meaning: '`POST /v1/runs/:id/cancel`, or `garudust-temporal runs cancel`.',
  },
  'cancel-twice': {
    title: 'Cancel twice',
    by: 'caller',
    meaning: 'The same, and once more at the same moment. Cancels of one run do not add up.',
  },
  redeliver: {
    title: 'Redeliver',
    by: 'caller',
    meaning: '`POST /v1/runs/:id/redeliver`, or `garudust-temporal runs redeliver`.',
  },
  'redeliver-elsewhere': {
    title: 'Redeliver to another address',
    by: 'caller',
    meaning: 'The same with `callback_url`.',
  },
  'temporal-cancel': {
    title: 'Cancel in Temporal',
    by: 'operator',
    meaning: '_Request Cancellation_ in the Temporal UI, or `temporal workflow cancel`.',
  },
  terminate: {
    title: 'Terminate',
    by: 'operator',
    meaning: '_Terminate_ in the Temporal UI, or `temporal workflow terminate`. No code of the workflow runs any more.',
  },
  'reset-first': {
    title: 'Reset to the first workflow task',
    by: 'operator',
    meaning: '_Reset_ in the Temporal UI, or `temporal workflow reset --type FirstWorkflowTask`. The run starts over.',
  },
  'reset-last': {
    title: 'Reset to the last workflow task',
    by: 'operator',
    meaning: 'The same with `--type LastWorkflowTask`. What was recorded before that task stays.',
  },
  pause: {
    title: 'Pause the activity',
    by: 'operator',
    meaning: '_Pause_ in the Temporal UI, or `temporal activity pause`, of the activity that is open.',
  },
  unpause: {
    title: 'Pause and unpause the activity',
    by: 'operator',
    meaning: 'The same, then _Unpause_, or `temporal activity unpause`.',
  },
  'reset-activity': {
    title: 'Reset the activity',
    by: 'operator',
    meaning: '_Reset_ of the activity that is open, or `temporal activity reset`.',
  },
  'worker-kill': {
    title: 'The worker is killed',
    by: 'machine',
    meaning: '`kill -9`, or out of memory; the worker is started again.',
  },
  'worker-stop': {
    title: 'The worker is stopped',
    by: 'machine',
    meaning: 'SIGTERM, as for a deployment. The agent works longer than `shutdown_grace`; the worker is started again.',
  },
  'temporal-away': {
    title: 'Temporal is away for 40 s',
    by: 'machine',
    meaning: 'Longer than the heartbeat timeout of 30 s. Ingress and worker keep running.',
  },
  'temporal-kill': {
    title: 'Temporal is killed',
    by: 'machine',
    meaning: '`kill -9` of the server; it is started again at once.',
  },
} as const satisfies Record<string, EventRow>;

export type Event = keyof typeof EVENTS;

export const EVENT_NAMES = Object.keys(EVENTS) as Event[];

/** Events that happen to all runs of a process at once. */
export type Fault = 'worker-kill' | 'worker-stop' | 'temporal-away' | 'temporal-kill';

export function isFault(event: Event): event is Fault {
  return EVENTS[event].by === 'machine';
}
