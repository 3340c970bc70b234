import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient, ApiReply, TaskBody } from './api-client.ts';
import { ApiError } from './api-error.ts';
import type { Progress } from './show/progress.ts';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 2_000;

export interface RetryOptions {
  /** How long to keep retrying, in milliseconds; 0 makes one attempt. */
  readonly forMs: number;
  readonly progress: Progress;
  /** Ends the waiting; `sendWithRetries` then rejects with its reason. */
  readonly interrupted: AbortSignal;
}

/**
 * Sends a task, and retries while the server is unreachable or asks for a pause. The delivery id makes every attempt the
 * same run.
 *
 * @throws ApiError of the last attempt
 */
export async function sendWithRetries(
  api: ApiClient,
  task: TaskBody,
  deliveryId: string,
  { forMs, progress, interrupted }: RetryOptions,
): Promise<ApiReply> {
  const endsAt = performance.now() + forMs;
  let ambiguous = false;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      return await api.sendTask(task, deliveryId);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      ambiguous ||= error.ambiguous;
      const pauseMs = Math.max(error.retryAfterMs ?? 0, delayMs);
      if (!error.passing || performance.now() + pauseMs > endsAt) throw withAmbiguity(error, ambiguous, deliveryId);
      progress.show(`${error.message} Retrying…`);
      await sleep(pauseMs, undefined, { signal: interrupted });
    }
  }
}

/** An earlier attempt may have arrived although the last one did not. */
function withAmbiguity(error: ApiError, ambiguous: boolean, deliveryId: string): ApiError {
  if (!ambiguous) return error;
  const message = `${error.message} The server may have received the task. To send it again safely, add --idempotency-key ${deliveryId}`;
  return new ApiError(message, error, { cause: error });
}
