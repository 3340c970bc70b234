import { type Corner, type CornersOfEvent, NOT_POSSIBLE, NOT_THERE } from '../corner.ts';
import { cancel } from './by-caller.ts';

const team = (paidCalls: 1 | 2, why: string): Corner => ({ end: 'team-completed', paidCalls, callbacks: 1, why });

export const temporalCancel: CornersOfEvent = {
  ...cancel,
  callback: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The attempt at work is left to its end: the receiver may have it already. Here it is accepted; after a refusal the delivery is over.',
  },
  retry: {
    end: 'answer-canceled',
    paidCalls: 1,
    callbacks: 0,
    why: 'Whoever cancels in Temporal after the answer wants the delivery to stop.',
  },
  dead: { end: 'answer-canceled', paidCalls: 1, callbacks: 0, why: 'The dead letter is given up.' },
  delivered: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The workflow is closed: Temporal accepts the request, and nothing happens.',
  },
  'team-agent': {
    end: 'team-canceled',
    paidCalls: 1,
    callbacks: 0,
    why: 'The call is aborted. What the step throws is yours to tell.',
  },
  'team-answer': team(
    1,
    'The answer was there before the cancel reached the worker. `deliverCallback` begins in a canceled scope too.',
  ),
  'team-callback': team(
    1,
    'The attempt at work is left to its end. Here it is accepted; after a refusal the step throws a cancellation.',
  ),
};

const terminatedUnasked: Corner = {
  end: 'terminated',
  paidCalls: 0,
  callbacks: 0,
  why: 'The agent is not asked, and nobody is told.',
};
const terminatedAtWork: Corner = {
  end: 'terminated',
  paidCalls: 1,
  callbacks: 0,
  why: 'The worker notices within seconds and aborts the call. Nobody is told: cancel instead to send a callback.',
};

export const terminate: CornersOfEvent = {
  queued: terminatedUnasked,
  asked: { ...terminatedUnasked, why: 'The question is withdrawn, the agent is not asked, and nobody is told.' },
  permit: terminatedUnasked,
  agent: terminatedAtWork,
  'last-call': terminatedAtWork,
  backoff: {
    end: 'terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'The call that is due is not made, and nobody is told.',
  },
  paused: { end: 'terminated', paidCalls: 1, callbacks: 0, why: 'The agent is not asked again, and nobody is told.' },
  answer: {
    end: 'terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'Temporal takes no answer for a closed workflow: it is lost.',
  },
  callback: {
    end: 'answer-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'The worker notices within seconds and aborts the attempt. A receiver that answers first has the callback all the same.',
  },
  retry: {
    end: 'answer-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'No further attempt is made. A poll has the answer.',
  },
  dead: {
    end: 'answer-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'The dead letter is given up. A poll has the answer.',
  },
  delivered: { refusal: NOT_THERE, why: 'The workflow is closed.' },
  'team-agent': {
    end: 'team-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'The worker notices within seconds and aborts the call.',
  },
  'team-answer': {
    end: 'team-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'Temporal takes no answer for a closed workflow: it is lost.',
  },
  'team-callback': {
    end: 'team-terminated',
    paidCalls: 1,
    callbacks: 0,
    why: 'The worker notices within seconds and aborts the attempt.',
  },
};

const nothingToReset: Corner = {
  refusal: NOT_POSSIBLE,
  why: 'No workflow task is completed that the workflow could be reset to.',
};
const startsOver = (paidCalls: 1 | 2, why: string): Corner => ({ end: 'delivered', paidCalls, callbacks: 1, why });
const againAtWork = startsOver(
  2,
  'The call at work is aborted, and the agent is asked again. The call limit starts over.',
);

export const resetFirst: CornersOfEvent = {
  queued: nothingToReset,
  asked: startsOver(1, 'The run asks anew. The link of the first question is void.'),
  permit: startsOver(1, 'The run waits for a permit again.'),
  agent: againAtWork,
  'last-call': againAtWork,
  backoff: startsOver(2, 'The agent is asked again at once. The call limit starts over.'),
  paused: startsOver(2, 'The new execution is not paused: the agent is asked again at once.'),
  answer: startsOver(
    2,
    'The answer belongs to the execution that was reset: it is lost, and the agent is asked again.',
  ),
  callback: startsOver(2, 'The attempt at work is aborted, the agent is asked again, and the new answer is delivered.'),
  retry: startsOver(2, 'The agent is asked again, and the new answer is delivered.'),
  dead: startsOver(
    2,
    'The agent is asked again, and the new answer is delivered. To keep the old answer, redeliver instead.',
  ),
  delivered: {
    end: 'delivered',
    paidCalls: 2,
    callbacks: 2,
    why: 'The agent is asked again, and the receiver gets the new answer under the same `webhook-id`.',
  },
  'team-agent': team(2, 'The call at work is aborted, and the agent is asked again.'),
  'team-answer': team(
    2,
    'The answer belongs to the execution that was reset: it is lost, and the agent is asked again.',
  ),
  'team-callback': team(
    2,
    'The attempt at work is aborted, the agent is asked again, and the new answer is delivered.',
  ),
};

export const resetLast: CornersOfEvent = {
  ...resetFirst,
  callback: startsOver(1, 'The answer is kept. The attempt at work is aborted, and the callback is sent again.'),
  retry: startsOver(1, 'The answer is kept, and the callback is sent again.'),
  dead: {
    end: 'dead-letter',
    paidCalls: 1,
    callbacks: 0,
    why: 'The answer is kept, and the dead letter stays. To send it again, redeliver.',
  },
  delivered: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The receipt of the callback is kept: nothing is done twice.',
  },
  'team-callback': team(1, 'The answer is kept. The attempt at work is aborted, and the callback is sent again.'),
};

const noActivity: Corner = { refusal: NOT_THERE, why: 'No activity is open.' };

export const pause: CornersOfEvent = {
  queued: noActivity,
  asked: noActivity,
  permit: { end: 'paused', paidCalls: 0, callbacks: 0, why: 'The run gives up its place; the agent is not asked.' },
  agent: {
    end: 'paused',
    paidCalls: 1,
    callbacks: 0,
    why: 'The call is aborted within seconds. What the agent has done by then may be billed.',
  },
  'last-call': { end: 'paused', paidCalls: 1, callbacks: 0, why: 'The call is aborted within seconds.' },
  backoff: { end: 'paused', paidCalls: 1, callbacks: 0, why: 'The call that is due is not made.' },
  paused: { end: 'paused', paidCalls: 1, callbacks: 0, why: 'It is paused already.' },
  answer: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The answer was there before the pause reached the worker: it is kept and delivered.',
  },
  callback: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The attempt at work is left to its end. Here it is accepted; after a refusal the next one waits for the unpause.',
  },
  retry: { end: 'callback-paused', paidCalls: 1, callbacks: 0, why: 'The attempt that is due is not made.' },
  dead: noActivity,
  delivered: { refusal: NOT_THERE, why: 'The workflow is closed.' },
  'team-agent': { end: 'team-paused', paidCalls: 1, callbacks: 0, why: 'The call is aborted within seconds.' },
  'team-answer': team(1, 'The answer was there before the pause reached the worker.'),
  'team-callback': team(1, 'The attempt at work is left to its end. Here it is accepted.'),
};

const goesOn = (paidCalls: 1 | 2, why: string): Corner => ({ end: 'delivered', paidCalls, callbacks: 1, why });

export const unpause: CornersOfEvent = {
  queued: noActivity,
  asked: noActivity,
  permit: goesOn(1, 'The run waits for a permit again.'),
  agent: goesOn(2, 'The pause aborted the call, so the agent is asked again.'),
  'last-call': goesOn(
    2,
    'The pause aborted the call, not the agent or the worker: it does not use up the last permitted call.',
  ),
  backoff: goesOn(2, 'The agent is asked again, as it was due.'),
  paused: goesOn(2, 'The agent is asked again. The call that the pause aborted does not use up a permitted one.'),
  answer: goesOn(1, 'The answer was there before the pause reached the worker.'),
  callback: goesOn(1, 'The attempt at work is left to its end; after a refusal the callback is sent again.'),
  retry: goesOn(1, 'The callback is sent again.'),
  dead: noActivity,
  delivered: { refusal: NOT_THERE, why: 'The workflow is closed.' },
  'team-agent': team(
    2,
    'The pause aborted the call, not the agent or the worker: it does not use up the last permitted call.',
  ),
  'team-answer': team(1, 'The answer was there before the operator reached the worker.'),
  'team-callback': team(1, 'The attempt at work is left to its end; after a refusal the callback is sent again.'),
};

export const resetActivity: CornersOfEvent = {
  queued: noActivity,
  asked: noActivity,
  permit: goesOn(1, 'The run waits for a permit again.'),
  agent: goesOn(2, 'The call is aborted, and the agent is asked again.'),
  'last-call': goesOn(
    2,
    'The call is aborted, and the agent is asked again: whoever resets an activity asks for that.',
  ),
  backoff: goesOn(2, 'The agent is asked again at once.'),
  paused: goesOn(2, 'A reset ends a pause, unless it is told to keep it: the agent is asked again.'),
  answer: goesOn(1, 'The answer was there before the reset reached the worker: it is kept and delivered.'),
  callback: goesOn(1, 'The attempt at work is left to its end; after a refusal the callback is sent again.'),
  retry: goesOn(1, 'The callback is sent again at once.'),
  dead: noActivity,
  delivered: { refusal: NOT_THERE, why: 'The workflow is closed.' },
  'team-agent': team(2, 'The call is aborted, and the agent is asked again: whoever resets an activity asks for that.'),
  'team-answer': team(1, 'The answer was there before the operator reached the worker.'),
  'team-callback': team(1, 'The attempt at work is left to its end; after a refusal the callback is sent again.'),
};
