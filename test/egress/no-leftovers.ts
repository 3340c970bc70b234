import type { TestContext } from 'node:test';
import { waitFor } from '../support/wait-for.ts';

/** Of no interest: the standard streams, and the test's own listeners. */
const IGNORED = ['PipeWrap', 'TTYWrap', 'Immediate', 'TCPServerWrap'];

function handles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !IGNORED.includes(name));
}

/**
 * Fails the test when, at its end, more holds the process open than at this call. Call it after the receivers are started,
 * because hooks run in their order and theirs close what they hold.
 */
export function expectNoLeftovers(t: TestContext): void {
  const before = handles();
  t.after(async () => {
    await waitFor('connections, timers and lookups to end', () => handles().length <= before.length, 2000).catch(() => {
      throw new Error(`still open: ${handles().join(', ')}; before the test: ${before.join(', ')}`);
    });
  });
}
