import type { ToolSet } from 'ai';

/** What one call of a tool may return. A model takes less, and the conversation holds it to the end of the call. */
const MAX_RESULT_BYTES = 1024 * 1024;
/** One answer of a tool server over HTTP: JSON may need six bytes for one of the result (`\u0001`). */
const MAX_RESPONSE_BYTES = 6 * MAX_RESULT_BYTES + 1024 * 1024;

/**
 * A `fetch` for tool servers. It reads each answer whole, up to a limit: the library waits for ever for a result whose stream breaks off.
 *
 * @throws Error where an answer is too large, breaks off, or ends without a result
 */
export const fetchFromToolServer: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  // What is asked for by GET is a stream of notifications, which nothing waits for.
  if (init?.method !== 'POST' || response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let left = MAX_RESPONSE_BYTES;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    left -= chunk.byteLength;
    if (left < 0) throw tooLarge();
    chunks.push(chunk);
  }
  const { status, headers } = response;
  const body = Buffer.concat(chunks);
  if (status === 200 && !body.includes('"jsonrpc"')) throw new Error('The tool server broke off its answer.');
  return new Response(body, { status, headers });
};

/** The tools, each of which fails where its result is too large. The model is told, and goes on. */
export function limitResults(tools: ToolSet): ToolSet {
  const limited = Object.entries(tools).map(([name, tool]) => {
    const { execute } = tool;
    if (execute === undefined) return [name, tool] as const;
    const limitedExecute: typeof execute = async (input, options) => {
      const result: unknown = await execute(input, options);
      if (Buffer.byteLength(JSON.stringify(result) ?? '') > MAX_RESULT_BYTES) throw tooLarge();
      return result;
    };
    return [name, { ...tool, execute: limitedExecute }] as const;
  });
  return Object.fromEntries(limited);
}

function tooLarge(): Error {
  return new Error('The tool returned more than 1 MiB. Ask it for less.');
}
