import type { ServerResponse } from 'node:http';
import type { FailureType } from '../../src/contract/failures.ts';

/** Stands in every text of the scripted peer, and may be in no error of ours. */
export const CANARY = 'canary-7f3a-sk-secret';

/** What the other side of an agent's network can do wrong, and what becomes of it. The page on agents has this table. */
export interface NetworkFault {
  readonly name: string;
  /** What a server does with the request. Absent: there is none, or it speaks no TLS. */
  readonly behave?: (response: ServerResponse) => void;
  readonly address?: 'nobody listens' | 'no TLS';
  readonly type: FailureType;
  /** Our own words, which continue the agent's name. */
  readonly words: string;
  /** The pause that it asks for, in seconds. */
  readonly pauseSeconds?: number;
  /** How the words on how to fix it begin, where these are about this one fault. */
  readonly fix?: string;
}

function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): (response: ServerResponse) => void {
  const text = body ?? JSON.stringify({ error: { message: `${CANARY} for ${code}`, type: CANARY } });
  return (response) => void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(text);
}

function page(code: number): (response: ServerResponse) => void {
  return status(code, { 'content-type': 'text/html' }, `<html><title>${CANARY}</title></html>`);
}

const PROXY_TIMEOUT = 'Raise the timeout of the proxy';

/** Every one is met by each type of agent that has a network. */
export const NETWORK_FAULTS: readonly NetworkFault[] = [
  {
    name: 'refused connection',
    address: 'nobody listens',
    type: 'AgentUnreachable',
    words: 'did not accept a connection (ECONNREFUSED)',
  },
  {
    name: 'TLS fault',
    address: 'no TLS',
    type: 'AgentMisconfigured',
    words: 'has an untrusted certificate or does not use TLS',
  },
  { name: '400', behave: status(400), type: 'TaskRefused', words: 'refused the task as malformed (400)' },
  { name: '401', behave: status(401), type: 'AgentKeyRefused', words: 'refused our key (401)' },
  {
    name: '402',
    behave: status(402),
    type: 'AgentBudgetExhausted',
    words: 'has no credit left (402)',
    fix: 'Add credit',
  },
  { name: '403', behave: status(403), type: 'AgentKeyRefused', words: 'refused our key (403)' },
  {
    name: '404',
    behave: status(404),
    type: 'AgentMisconfigured',
    words: 'answers, but not as its settings expect (404)',
  },
  {
    name: '408',
    behave: status(408),
    type: 'AgentTimeout',
    words: 'is behind a proxy that timed out (408)',
    fix: PROXY_TIMEOUT,
  },
  { name: '413', behave: status(413), type: 'TaskRefused', words: 'refused the task as too large (413)' },
  { name: '422', behave: status(422), type: 'TaskRefused', words: 'refused the task as malformed (422)' },
  { name: '429', behave: status(429), type: 'RateLimited', words: 'asked for a pause (429)' },
  {
    name: '429 with `Retry-After: 7`',
    behave: status(429, { 'retry-after': '7' }),
    type: 'RateLimited',
    words: 'asked for a pause (429)',
    pauseSeconds: 7,
  },
  { name: '500', behave: status(500), type: 'AgentFailed', words: 'failed for an unknown reason (500)' },
  {
    name: '500 of a proxy, in HTML',
    behave: page(500),
    type: 'ConnectionLost',
    words: 'is behind a proxy that failed (500)',
    fix: 'Check the proxy',
  },
  {
    name: '502 at once, in HTML',
    behave: page(502),
    type: 'AgentUnreachable',
    words: 'is not reachable by its proxy (502)',
    fix: 'Check the proxy',
  },
  { name: '503', behave: status(503), type: 'AgentUnreachable', words: 'is not ready (503)' },
  {
    name: '504 of a proxy, in HTML',
    behave: page(504),
    type: 'AgentTimeout',
    words: 'is behind a proxy that timed out (504)',
    fix: PROXY_TIMEOUT,
  },
  {
    name: '520 of a proxy, in HTML',
    behave: page(520),
    type: 'ConnectionLost',
    words: 'is behind a proxy that failed (520)',
    fix: 'Check the proxy',
  },
  {
    name: '524 of a proxy, in HTML',
    behave: page(524),
    type: 'AgentTimeout',
    words: 'is behind a proxy that timed out (524)',
    fix: PROXY_TIMEOUT,
  },
  { name: '529', behave: status(529), type: 'RateLimited', words: 'is overloaded (529)' },
  {
    name: 'connection cut before the answer',
    behave: (response) => void response.destroy(),
    type: 'ConnectionLost',
    words: 'broke off the connection while it worked',
  },
  {
    name: 'body cut',
    behave(response) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write(`{"output": "${CANARY}`, () => response.destroy());
    },
    type: 'ConnectionLost',
    words: 'broke off the connection while it worked',
  },
  {
    name: '200 with HTML',
    behave: page(200),
    type: 'ModelAnswerUnreadable',
    words: 'answers, but not as its settings expect (200)',
    fix: 'Check',
  },
  {
    name: '200 with an error inside',
    behave: status(200),
    type: 'ModelAnswerUnreadable',
    words: 'answers, but not as its settings expect (200)',
    fix: 'Check',
  },
  {
    name: '200 without a body',
    behave: status(200, {}, ''),
    type: 'ModelAnswerUnreadable',
    words: 'answers, but not as its settings expect (200)',
    fix: 'Check',
  },
  {
    name: 'redirect',
    behave: status(302, { location: `http://127.0.0.1:1/${CANARY}` }),
    type: 'AgentMisconfigured',
    words: 'answers, but not as its settings expect (302)',
  },
];
