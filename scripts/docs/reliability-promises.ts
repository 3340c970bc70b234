/** A sentence that must stay true, and the test that holds it. */
export interface HeldPromise {
  readonly promise: string;
  readonly file: string;
  /** The name of the test, or the beginning of it. */
  readonly test: string;
}

/** What the table of states and events cannot show. */
export const MORE_PROMISES: readonly HeldPromise[] = [
  {
    promise: 'One delivery id starts one run, however often and however concurrently it is sent.',
    file: 'test/runs/run-client.test.ts',
    test: 'a hundred starts at once make one run, and each of them answers with it',
  },
  {
    promise: 'A `503` whose run was recorded all the same says so: with a delivery id, a retry answers with that run.',
    file: 'test/runs/run-client.test.ts',
    test: 'late: a 503 whose run is recorded says so',
  },
  {
    promise: 'A call whose worker crashed in its midst counts.',
    file: 'test/activities/run-agent-lost.test.ts',
    test: 'was lost with its worker, and counts as a paid call',
  },
  {
    promise: 'A task that waits for its agent holds no slot that another agent needs.',
    file: 'test/activities/waiting-on-temporal.test.ts',
    test: 'hold no slot that another agent needs, and have their turn one after the other',
  },
  {
    promise: 'A wait that is longer than `queue_timeout` ends as `AgentBusy`, and costs nothing.',
    file: 'test/activities/waiting-on-temporal.test.ts',
    test: 'fail as AgentBusy when queue_timeout is over, with the length of the queue, unpaid',
  },
  {
    promise: 'A worker that stops begins no call, and hands waiting tasks to another worker at once.',
    file: 'test/activities/waiting-on-temporal.test.ts',
    test: 'go to another worker when theirs drains, which lets running calls end and starts none',
  },
  {
    promise:
      'A call that another worker repeats, because its own could not reach Temporal, is aborted when its run is over.',
    file: 'test/activities/adopt-call.test.ts',
    test: 'and completes its run although another worker asks again; that call is aborted',
  },
  {
    promise: 'A run whose task queue no worker polls any more refuses a cancel and a redelivery (`409`, `no_worker`).',
    file: 'test/runs/former-task-queue.test.ts',
    test: 'is not canceled in words alone: the answer says that no worker is there',
  },
  {
    promise: 'An answer is on the disk before it is reported. A worker that starts again reports it.',
    file: 'test/activities/keep-results.test.ts',
    test: 'has the result on the disk before it reports it',
  },
  {
    promise: 'A worker that is killed at any step of its journal leaves what it has promised to the next one.',
    file: 'test/activities/journal-log.test.ts',
    test: 'keeps to its word when it is killed before any step of its work',
  },
  {
    promise:
      'What Temporal had given to a worker when it or the network failed, and what never came, is given again as soon as Temporal is back.',
    file: 'test/stack/lost-start.test.ts',
    test: 'an attempt that Temporal recorded and whose answer was lost is handed back when the network returns',
  },
  {
    promise: 'Where the disk fails, a run is as safe as without a journal.',
    file: 'test/activities/keep-results.test.ts',
    test: 'returns the result as usual when the disk fails',
  },
  {
    promise: 'A copied journal folder does not abort the calls of the worker that it was copied from.',
    file: 'test/activities/journal-owner.test.ts',
    test: 'gives a copied folder a new id, and leaves the entries to the original',
  },
  {
    promise: 'An answer that is too large is not asked for again.',
    file: 'test/activities/run-agent.test.ts',
    test: 'for good when the answer is larger than allowed, or than Temporal can store',
  },
  {
    promise: 'A callback has the same body and `webhook-id` on every attempt.',
    file: 'test/activities/deliver-callback.test.ts',
    test: 'has the same body and id on every attempt, and a fresh signed time',
  },
  {
    promise: 'A delivery that Temporal ends because no worker came is reported to the operator by the next worker.',
    file: 'test/activities/deliver-callback-temporal.test.ts',
    test: 'that Temporal itself ends while no worker is there is reported to the operator by the next one',
  },
];

/** What the steps of `garudust-temporal/workflows` promise to a workflow of one's own. */
export const OWN_WORKFLOWS: readonly HeldPromise[] = [
  {
    promise:
      '`runAgent` retries, counts and bounds calls as for a webhook. Its defaults are those of the settings; `policy` overrides them for one step.',
    file: 'test/worker/plugin.test.ts',
    test: 'a step of a workflow has the defaults of the settings',
  },
  {
    promise:
      'A killed worker, a stopped worker and an absence of Temporal cost a step what they cost a run: it is the same activity with the same journal.',
    file: 'test/activities/journal-on-temporal.test.ts',
    test: 'hands the tasks of a killed worker to the next one long before the heartbeat timeout',
  },
  {
    promise: 'A call goes on while Temporal is away, and ends when its workflow is terminated or canceled meanwhile.',
    file: 'test/activities/adopt-call.test.ts',
    test: 'and ends when the run is canceled while Temporal cannot be reached',
  },
  {
    promise:
      "A pause or a reset of a step's activity ends the call and does not use up the last one that is permitted.",
    file: 'test/activities/adopt-call.test.ts',
    test: 'by a pause: the call ends, and the agent is asked again after the unpause',
  },
  {
    promise:
      'A cancel of the workflow, or of the scope around the step, aborts the call; the step waits until it has ended.',
    file: 'test/activities/run-agent-on-temporal.test.ts',
    test: 'ends the call of the agent within seconds of a cancel, and closes only then',
  },
  {
    promise:
      '`deliverCallback` begins in a canceled scope too, so that an outcome is always told. A later cancel ends it; a request under way is left to its end.',
    file: 'test/workflows/steps.test.ts',
    test: 'tell an answer that comes after a cancel',
  },
  {
    promise: 'A step that an operator completes by hand takes the answer that was given, or fails with a reason.',
    file: 'test/workflows/steps.test.ts',
    test: 'fail when an operator completes the agent with no answer',
  },
];
