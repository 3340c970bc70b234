import { COMPLETION_TOKENS, type ModelMessage, type ModelScript, PROMPT_TOKENS } from './model-script.ts';

/** An error of Garudust by the very text that it answers with. */
export class GarudustError extends Error {}

export interface ModelAnswer {
  readonly content: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Garudust's call of its model, with what it makes of each way in which that fails. */
export async function askModel(
  model: ModelScript,
  messages: readonly ModelMessage[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { call, reply } = model.ask(messages);
  const onAbort = (): void => void (call.aborted = true);
  signal.addEventListener('abort', onAbort);
  try {
    switch (reply.kind) {
      case 'answer': {
        await orAborted(reply.after ?? Promise.resolve(), signal);
        const { content, promptTokens = PROMPT_TOKENS, completionTokens = COMPLETION_TOKENS } = reply;
        return { content, inputTokens: promptTokens, outputTokens: completionTokens };
      }
      case 'status':
        throw transport(statusText(reply.status, reply.body));
      case 'odd':
        throw transport(oddText(reply.body));
      case 'hang':
        await orAborted(new Promise((resolve) => setTimeout(resolve, timeoutMs).unref()), signal);
        throw transport(`LLM call timed out after ${timeoutMs / 1000}s`);
      case 'cut':
        break;
    }
    throw transport('network error: error sending request for url (http://127.0.0.1:1/v1/chat/completions)');
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function transport(text: string): GarudustError {
  return new GarudustError(`transport error: ${text}`);
}

function statusText(status: number, body: string): string {
  if (status === 401 || status === 403) return 'authentication failed';
  if (status === 429) return 'rate limited, retry after 60s';
  return `HTTP error ${status}: ${status === 204 ? '' : body}`;
}

function oddText(body: string): string {
  try {
    JSON.parse(body);
    return 'no choices in response';
  } catch {
    return `parse error: expected value at line 1 column 1\nbody: ${body}`;
  }
}

function orAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, aborted]);
}
