import { type Corner, type CornersOfEvent, NO_RUN, NOTHING_TO_DO } from '../corner.ts';

const canceledUnasked: Corner = {
  end: 'canceled',
  paidCalls: 0,
  callbacks: 1,
  why: 'The agent was not asked and is not asked any more.',
};
const canceledAtWork: Corner = {
  end: 'canceled',
  paidCalls: 1,
  callbacks: 1,
  why: 'The call is aborted. What the agent has done by then may be billed.',
};
const answeredAlready: Corner = {
  refusal: NOTHING_TO_DO,
  why: 'The agent has answered, so that there is nothing to cancel. The delivery goes on.',
};

const noRun: Corner = { refusal: NO_RUN, why: 'The API knows runs of `agentRun` alone.' };
const ofTeams = { 'team-agent': noRun, 'team-answer': noRun, 'team-callback': noRun };

export const cancel: CornersOfEvent = {
  queued: canceledUnasked,
  asked: { ...canceledUnasked, why: 'The question is withdrawn, and the agent is not asked.' },
  permit: canceledUnasked,
  agent: canceledAtWork,
  'last-call': canceledAtWork,
  backoff: { end: 'canceled', paidCalls: 1, callbacks: 1, why: 'The call that is due is not made.' },
  paused: { end: 'canceled', paidCalls: 1, callbacks: 1, why: 'A cancel ends a pause.' },
  answer: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The answer was there before the cancel reached the worker. It is paid for, so it is kept and delivered.',
  },
  callback: answeredAlready,
  retry: answeredAlready,
  dead: { refusal: NOTHING_TO_DO, why: 'The agent has answered. The dead letter stays.' },
  delivered: { refusal: NOTHING_TO_DO, why: 'The run is over.' },
  ...ofTeams,
};

const nothingToSend: Corner = {
  refusal: NOTHING_TO_DO,
  why: 'There is nothing to send yet. The callback is sent when the run ends.',
};

export const redeliver: CornersOfEvent = {
  queued: nothingToSend,
  asked: nothingToSend,
  permit: nothingToSend,
  agent: nothingToSend,
  'last-call': nothingToSend,
  backoff: nothingToSend,
  paused: nothingToSend,
  answer: nothingToSend,
  callback: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The attempt at work is left to its end. Here the receiver accepts it, so that nothing is left to send; after a refusal the schedule starts over at once.',
  },
  retry: { end: 'delivered', paidCalls: 1, callbacks: 1, why: 'The schedule starts over at once.' },
  dead: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The schedule starts over at once, with the answer that was kept.',
  },
  delivered: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 2,
    why: 'The receiver may have accepted it and lost it. A workflow of its own sends it again, with the same `webhook-id`.',
  },
  ...ofTeams,
};

export const redeliverElsewhere: CornersOfEvent = {
  queued: nothingToSend,
  asked: nothingToSend,
  permit: nothingToSend,
  agent: nothingToSend,
  'last-call': nothingToSend,
  backoff: nothingToSend,
  paused: nothingToSend,
  answer: nothingToSend,
  callback: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 2,
    why: 'The new address gets the callback, whatever the old one answers: here it accepts the attempt at work.',
  },
  retry: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 1,
    why: 'The new address gets the callback at once; the old one gets no more.',
  },
  dead: { end: 'delivered', paidCalls: 1, callbacks: 1, why: 'The new address gets the answer that was kept.' },
  delivered: {
    end: 'delivered',
    paidCalls: 1,
    callbacks: 2,
    why: 'The new address gets the callback too, from a workflow of its own, with the same `webhook-id`.',
  },
  ...ofTeams,
};
