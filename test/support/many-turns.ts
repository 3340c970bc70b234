import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { sessionOptions, toTicket } from '../../src/contract/session.ts';
import { setUpSessions } from './session-setup.ts';

/**
 * Has senders send their tasks to one session, each when its last one is answered, and checks that each task was asked once, none beside
 * another, and those of one sender in order.
 *
 * @param options `mostEvents`: after which the session goes on in a new execution
 */
export async function takeManyTurns(
  t: TestContext,
  options: { readonly senders: number; readonly turns: number; readonly mostEvents?: number },
): Promise<{ executions: number; longest: number }> {
  const { senders, turns, mostEvents } = options;
  const { session, plan, runs, start, startWorker, ledger, server, taskQueue } = await setUpSessions(t);
  const first = plan('sleep 1 first');
  assert.ok(first.input.session);
  const begin = sessionOptions(session, taskQueue, toTicket(first.runId, first.input.session));
  await server.client.workflow.start('agentSession', {
    ...begin,
    args: [{ ...begin.args[0], ...(mostEvents !== undefined && { mostEvents }) }],
  });
  await startWorker();
  const each = turns / senders;
  const send = async (name: number): Promise<void> => {
    for (let index = 0; index < each; index += 1) {
      const id = await start(`sleep 1 ${name} ${index}`);
      await server.client.workflow.getHandle(id).result();
    }
  };
  // The session waits for its first run while the others come.
  const sending = Array.from({ length: senders }, (_, name) => send(name));
  await runs.start(first);
  await Promise.all(sending);
  const begun = ledger.begun.filter((text) => text !== 'sleep 1 first');
  assert.equal(begun.length, turns);
  assert.deepEqual(ledger.overlapped, []);
  for (let name = 0; name < senders; name += 1) {
    assert.deepEqual(
      begun.filter((text) => text.startsWith(`sleep 1 ${name} `)),
      Array.from({ length: each }, (_, index) => `sleep 1 ${name} ${index}`),
    );
  }
  const lengths: number[] = [];
  for await (const { historyLength } of server.client.workflow.list({ query: `WorkflowId = '${session}'` }))
    lengths.push(historyLength);
  return { executions: lengths.length, longest: Math.max(...lengths) };
}
