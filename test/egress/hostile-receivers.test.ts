import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EgressError } from '../../src/egress/egress-error.ts';
import { guardedPost, type PostAnswer } from '../../src/egress/guarded-request.ts';
import { HOSTILE } from './hostile-answers.ts';
import { expectNoLeftovers } from './no-leftovers.ts';
import { startReceiver } from './test-receiver.ts';

/** 64 KiB are read; what else is under way then fills the buffers of both kernels. */
const MOST_SENT = 16 * 2 ** 20;

function post(port: number, timeoutMs: number): Promise<PostAnswer> {
  const rules = { allowedDomains: [], permitNetworks: ['127.0.0.1'] };
  return guardedPost({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}', timeoutMs, rules });
}

describe('a receiver that', () => {
  for (const [title, { serve, result, timeoutMs = 10_000 }] of Object.entries(HOSTILE)) {
    test(title, async (t) => {
      const receiver = await startReceiver(t, (socket) => void socket.once('data', () => serve(socket)));
      expectNoLeftovers(t);
      if (typeof result === 'number') {
        const answer = await post(receiver.port, timeoutMs);
        assert.equal(answer.statusCode, result);
        // Ended by the limit or by the end of the answer, where it is not the deadline that ends it.
        assert.ok(answer.durationMs < 10_000, `${answer.durationMs} ms`);
      } else {
        const error = await post(receiver.port, timeoutMs).then(
          () => assert.fail('must be rejected'),
          (reason: unknown) => reason,
        );
        assert.ok(error instanceof EgressError);
        assert.equal(error.errorClass, result[0]);
        assert.match(error.message.replace(/^127\.0\.0\.1 /, ''), result[1]);
        assert.doesNotMatch(error.message, /hunter2/);
        assert.equal(error.address, '127.0.0.1');
      }
      assert.equal(receiver.connections(), 1);
      assert.ok(receiver.sent() < MOST_SENT, `${receiver.sent()} bytes`);
    });
  }
});
