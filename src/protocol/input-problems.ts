/** The rows of `PROBLEMS` about answers to questions of a run. */
export const INPUT_PROBLEMS = {
  not_asked: {
    status: 409,
    title: 'The run does not ask this',
    meaning:
      'The run has no open question of this id: it was never asked, nobody answered in time, or the run no longer needs the answer.',
    fix: 'Read the run: `questions` shows what it asks now.',
  },
  already_answered: {
    status: 409,
    title: 'The question was answered before',
    meaning: 'The first answer counts, and this is another one. `detail` names who answered, when and what.',
    fix: 'Nothing is left to do. The same answer sent again is not refused.',
  },
  link_over: {
    status: 410,
    title: 'The link no longer answers anything',
    meaning: 'The question of the link is settled, its time is up, or the run has ended, was reset or is gone.',
    fix: 'Nothing is left to do. Where the run still asks, it shows a new link.',
  },
  worker_unavailable: {
    status: 503,
    title: 'No worker took the answer',
    retryAfter: 5,
    meaning: 'Only a worker can check an answer to a question of a run, and none did in time.',
    fix: 'Send the same answer again: it counts once. Operator: start a worker.',
  },
} as const;
