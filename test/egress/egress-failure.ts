import assert from 'node:assert/strict';
import { EgressError } from '../../src/egress/egress-error.ts';

/** What a guarded request failed with; it must fail, and with nothing else. */
export async function egressFailure(promise: Promise<unknown>): Promise<EgressError> {
  const error = await promise.then(
    () => assert.fail('must be rejected'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EgressError, String(error));
  return error;
}
