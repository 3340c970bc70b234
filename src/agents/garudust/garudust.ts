import type { AgentAnswer, Usage } from '../../contract/run.ts';
import { type Agent, AgentError } from '../agent.ts';
import { sortGarudustFailure } from './garudust-failures.ts';
import { type Reply, requestReply } from '../request-reply.ts';
import { tooLarge } from '../too-large.ts';
import { isRecord } from '../../values/is-record.ts';

/** What the adapter needs. */
export interface GarudustSettings {
  /** Where its HTTP server listens, such as `http://127.0.0.1:3000`; a path is kept before `/chat`. */
  readonly url: string;
  /** Its bearer key, `GARUDUST_API_KEY` on its side; none when it runs open. */
  readonly apiKey?: string;
}

/** JSON may need six bytes for one of the text (`\u0001`); beside the output stand a few short fields. */
const BYTES_PER_BYTE = 6;
const OTHER_FIELDS_BYTES = 4096;
/** Enough to know an error by its start. */
const MAX_ERROR_BYTES = 4096;

/** The output of a run that Garudust stopped at `max_tokens_per_task`, with status 200; its usage footer may follow. */
const TOKEN_CAP = /^\[Token budget of (\d+) exceeded after (\d+) tokens — stopping early\.\](?:\n\n[^\n]*)?$/;

/**
 * Garudust's own HTTP API, version 0.13: `POST /chat`.
 *
 * Aborting cuts the connection, at which Garudust drops the call to its model and stores no turn; a shell command that it
 * has started runs to its end. An empty output is an answer.
 *
 * @throws TypeError when the url or the key can't be used; the message repeats neither.
 */
export function createGarudustAgent(settings: GarudustSettings): Agent {
  const url = toUrl(settings.url, 'chat');
  const health = toUrl(settings.url, 'health');
  const { apiKey } = settings;
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: toBearer(apiKey) };
  return {
    async run(text, { sessionKey, signal, maxAnswerBytes, report, traceHeaders }) {
      let sentAt = performance.now();
      const reply = await requestReply({
        method: 'POST',
        url,
        headers: { ...traceHeaders, ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ message: text, session_key: sessionKey }),
        signal,
        maxBytes: (status) => (status === 200 ? maxAnswerBytes * BYTES_PER_BYTE + OTHER_FIELDS_BYTES : MAX_ERROR_BYTES),
        onConnected: () => {
          sentAt = performance.now();
          report('the agent has the task');
        },
      });
      const tookMs = performance.now() - sentAt;
      if (reply.status !== 200) throw sortGarudustFailure(reply, tookMs);
      return readAnswer(reply, maxAnswerBytes, tookMs);
    },
    // Needs no key, and says nothing of the key, the budget or the model.
    async probe(signal) {
      const response = await fetch(health, { signal, redirect: 'manual' });
      await response.body?.cancel();
      return response.status === 200;
    },
  };
}

function readAnswer(reply: Reply, maxAnswerBytes: number, tookMs: number): AgentAnswer {
  const { text, truncated } = reply;
  if (truncated) throw tooLarge(maxAnswerBytes);
  const body = parse(text);
  const output = body?.['output'];
  if (body === undefined || typeof output !== 'string') throw sortGarudustFailure(reply, tookMs);
  if (Buffer.byteLength(output) > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
  const cap = TOKEN_CAP.exec(output);
  if (cap !== null) {
    const [, limit, used] = cap;
    throw new AgentError('TokenBudgetExceeded', `reached its limit of ${limit} tokens (${used} used)`, {
      statusCode: 200,
    });
  }
  return { output, usage: readUsage(body) };
}

function readUsage(body: Record<string, unknown>): Usage {
  const { input_tokens: inputTokens, output_tokens: outputTokens, iterations } = body;
  return {
    ...(typeof inputTokens === 'number' && { inputTokens }),
    ...(typeof outputTokens === 'number' && { outputTokens }),
    ...(typeof iterations === 'number' && { iterations }),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function toUrl(text: string, route: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const extras = url === undefined ? '' : url.username + url.password + url.search + url.hash;
  if (url === undefined || !/^https?:$/.test(url.protocol) || extras !== '') {
    throw new TypeError("An agent's url must be http(s)://host[:port][/path], without user, query or fragment.");
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${route}`;
  return url;
}

function toBearer(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new TypeError("An agent's key must be visible ASCII characters without spaces.");
  }
  return `Bearer ${key}`;
}
