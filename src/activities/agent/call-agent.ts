import { type JsonValue, toJsonText } from '../../contract/json-value.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { toUsage } from '../../contract/to-usage.ts';
import { type Agent, type AgentContext, AgentError } from '../../agents/agent.ts';
import { raceAbort } from '../../timing/race-abort.ts';
import { cutText, toWellFormed } from '../../values/plain-text.ts';

/** Temporal rejects a payload over 2 MiB. JSON is larger than the text; the margin is for the other fields. */
export const MAX_PAYLOAD_BYTES = 2 * 1024 * 1024 - 64 * 1024;
/** How long an aborted adapter may take to clean up. */
const CLEAN_UP_MS = 5000;

/**
 * Calls an agent once and checks what it answers.
 *
 * When `context.signal` aborts, the adapter gets a moment to end its call; after that this rejects without it.
 *
 * @param onSettled called when the adapter is done, which may be after this rejects: only then is its permit free.
 * @param maxPayloadBytes how much of JSON can be stored. Default: what Temporal takes
 * @throws AgentError, or `context.signal.reason`.
 */
export async function callAgent(
  agent: Agent,
  text: string,
  context: AgentContext,
  onSettled: () => void,
  maxPayloadBytes = MAX_PAYLOAD_BYTES,
): Promise<AgentAnswer> {
  const { signal } = context;
  const call = (async () => agent.run(text, context))();
  call.then(onSettled, onSettled);
  try {
    return checkAnswer(await raceAbort(call, signal, CLEAN_UP_MS), context.maxAnswerBytes, maxPayloadBytes);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

const MAX_SESSION = 500;

/** @returns a copy that every store accepts */
function checkData(value: unknown): JsonValue {
  const text = toJsonText(value);
  if (text !== undefined)
    return JSON.parse(text, (_, each: unknown) => (typeof each === 'string' ? toWellFormed(each) : each)) as JsonValue;
  // The call may have cost money, so it counts.
  const fix = 'Correct the agent: data must be JSON.';
  throw new AgentError('ModelAnswerUnreadable', 'returned data that is not JSON', { fix });
}

/** A custom adapter may return anything, so the answer is validated like any other input. */
function checkAnswer(answer: Partial<AgentAnswer> | undefined, maxBytes: number, maxPayloadBytes: number): AgentAnswer {
  if (typeof answer?.output !== 'string') {
    // The call may have cost money, so it counts.
    const fix = 'Correct the agent: run must resolve with { output: string }.';
    throw new AgentError('ModelAnswerUnreadable', 'returned no output', { fix });
  }
  const output = toWellFormed(answer.output);
  const bytes = Buffer.byteLength(output);
  if (bytes > maxBytes) {
    throw new AgentError('AnswerTooLarge', `returned ${bytes} bytes, more than the limit of ${maxBytes}`);
  }
  const data = answer.data === undefined ? undefined : checkData(answer.data);
  const asJson = JSON.stringify(output) + (data === undefined ? '' : JSON.stringify(data));
  if (Buffer.byteLength(asJson) > maxPayloadBytes) {
    throw new AgentError('AnswerTooLarge', 'returned more than Temporal can store (2 MiB as JSON)');
  }
  const usage = toUsage(answer.usage);
  const { agentSession } = answer;
  return {
    output,
    ...(data !== undefined && { data }),
    ...(usage !== undefined && { usage }),
    ...(typeof agentSession === 'string' &&
      agentSession !== '' && { agentSession: cutText(toWellFormed(agentSession), MAX_SESSION) }),
  };
}
