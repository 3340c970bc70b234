import type { Corner, CornersOfEvent } from '../corner.ts';

const delivered = (paidCalls: 1 | 2, why: string): Corner => ({ end: 'delivered', paidCalls, callbacks: 1, why });
const team = (paidCalls: 1 | 2, why: string): Corner => ({ end: 'team-completed', paidCalls, callbacks: 1, why });
const deadLetterStays: Corner = {
  end: 'dead-letter',
  paidCalls: 1,
  callbacks: 0,
  why: 'Temporal has the answer and the dead letter.',
};
const pauseStays: Corner = {
  end: 'paused',
  paidCalls: 1,
  callbacks: 0,
  why: 'Temporal has the pause. It stays until somebody unpauses the activity.',
};
const over = delivered(1, 'The run is over.');
const notTaken = delivered(1, 'Temporal has the run; the next worker takes it.');
const waitsOn = delivered(1, 'The agent was not asked. The run waits for a permit again.');
const answerKept = delivered(
  1,
  'The answer is in the journal: the worker reports it, and the agent is not asked again.',
);

export const workerKill: CornersOfEvent = {
  queued: notTaken,
  asked: delivered(1, 'Temporal has the question; the next worker takes the answer.'),
  permit: waitsOn,
  agent: delivered(2, 'The call broke with its worker, so the agent is asked again. Both calls may be billed.'),
  'last-call': {
    end: 'failed',
    paidCalls: 1,
    callbacks: 1,
    why: 'The call broke with its worker and may be billed; `max_attempts` permits no other.',
  },
  backoff: delivered(2, 'The agent is asked again, as it was due.'),
  paused: pauseStays,
  answer: answerKept,
  callback: delivered(
    1,
    'The attempt broke with its worker and is repeated. A receiver that accepted it sees the same `webhook-id` twice.',
  ),
  retry: delivered(1, 'The next attempt is made as it was due.'),
  dead: deadLetterStays,
  delivered: over,
  'team-agent': {
    end: 'team-failed',
    paidCalls: 1,
    callbacks: 0,
    why: 'The call broke with its worker and may be billed; `maxAttempts` permits no other.',
  },
  'team-answer': team(1, 'The answer is in the journal: the worker reports it, and the agent is not asked again.'),
  'team-callback': team(1, 'The attempt broke with its worker and is repeated.'),
};

export const workerStop: CornersOfEvent = {
  ...workerKill,
  permit: delivered(1, 'The run goes back to Temporal at once, and waits for a permit of the next worker.'),
  agent: delivered(
    2,
    'A call that ends within `shutdown_grace` is kept (1 call). A longer one is aborted, and the next worker asks again.',
  ),
  'last-call': delivered(
    2,
    'A worker that stops does not use up a permitted call, so that the next one asks again. The aborted call may be billed.',
  ),
  answer: delivered(1, 'The worker reports the answer before it ends, or the next one does from the journal.'),
  callback: delivered(
    1,
    'An attempt that does not end within `shutdown_grace` is aborted and repeated by the next worker.',
  ),
  'team-agent': team(
    2,
    'A call that ends within `shutdown_grace` is kept (1 call). A longer one is aborted, and the next worker asks again.',
  ),
};

const worksOn = delivered(
  1,
  'The worker lives, and so does the call: its answer is recorded when Temporal is back. With several workers another one may ask again.',
);

export const temporalAway: CornersOfEvent = {
  queued: delivered(1, 'The run is in the database of Temporal.'),
  asked: delivered(1, 'Temporal has the question, and takes the answer when it is back.'),
  permit: delivered(1, 'The run goes on waiting.'),
  agent: worksOn,
  'last-call': worksOn,
  backoff: delivered(2, 'The call that is due is made when Temporal is back.'),
  paused: pauseStays,
  answer: answerKept,
  callback: delivered(1, 'What the receiver answers meanwhile is in the journal: the callback is not sent again.'),
  retry: delivered(1, 'The attempt that is due is made when Temporal is back.'),
  dead: deadLetterStays,
  delivered: over,
  'team-agent': team(1, 'The worker lives, and so does the call: it is not aborted.'),
  'team-answer': team(1, 'The answer is in the journal: the worker reports it when Temporal is back.'),
  'team-callback': team(1, 'What the receiver answers meanwhile is in the journal: the callback is not sent again.'),
};

const callGoesOn = delivered(1, 'The call goes on; its answer is recorded when Temporal is back.');

export const temporalKill: CornersOfEvent = {
  ...temporalAway,
  agent: callGoesOn,
  'last-call': callGoesOn,
  callback: delivered(1, 'The attempt goes on; its receipt is recorded when Temporal is back.'),
};
