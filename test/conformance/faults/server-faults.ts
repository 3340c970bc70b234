import type { ServerResponse } from 'node:http';
import {
  CANARY,
  EMPTY,
  ENDLESS,
  type Fault,
  type FaultyText,
  fails,
  FIFTY_MB,
  HALF,
  NO_UTF_8,
  type Outcome,
} from './fault.ts';

/** What a server does with a request; `no server` and the like: where the agent's URL leads; or the text that it answers with. */
type ServerDoes =
  | ((response: ServerResponse) => void)
  | 'nobody listens'
  | 'speaks no TLS'
  | 'untrusted'
  | 'expired'
  | 'other-host'
  | FaultyText;

/** What a server does that is asked over HTTP. */
export interface ServerFault extends Fault<ServerDoes> {
  /** What becomes of it when a poll of `remote` meets it. Default: the agent is asked again, and the answer comes. */
  readonly polled?: Outcome;
}

function status(code: number, headers: Readonly<Record<string, string>> = {}, body?: string): ServerDoes {
  const text = body ?? JSON.stringify({ error: { message: `${CANARY} for ${code}`, type: CANARY } });
  const all = { 'content-type': 'application/json', 'x-request-id': CANARY, ...headers };
  return (response) => void response.writeHead(code, all).end(text);
}

function page(code: number): ServerDoes {
  return status(code, { 'content-type': 'text/html' }, `<html><title>${CANARY}</title></html>`);
}

const raw =
  (text: string): ServerDoes =>
  ({ socket }) =>
    void socket?.end(text);

const PROXY = { fix: 'Check the proxy' };
const PROXY_TIMEOUT = { fix: 'Raise the timeout of the proxy' };
const OTHER_FORM = 'answers, but not as its settings expect';
const LOST = fails('ConnectionLost', 'broke off the connection while it worked');
/** `callback` takes any 2xx for a task that was taken. */
const TAKEN: Outcome = { answers: 'taken: the answer comes later' };
const unreadable = (code: number): Outcome =>
  fails('ModelAnswerUnreadable', `${OTHER_FORM} (${code})`, { fix: 'Check' });

/** Every one is met by each type of agent that asks over HTTP. */
export const SERVER_FAULTS: readonly ServerFault[] = [
  {
    name: 'refused connection',
    does: 'nobody listens',
    becomes: fails('AgentUnreachable', 'did not accept a connection (ECONNREFUSED)'),
  },
  {
    name: 'no TLS where `url` says `https`',
    does: 'speaks no TLS',
    becomes: fails('AgentMisconfigured', 'does not speak TLS at this address (EPROTO)', { fix: 'Write http://' }),
  },
  {
    name: 'untrusted certificate',
    does: 'untrusted',
    becomes: fails(
      'AgentMisconfigured',
      'has a certificate that this worker does not trust (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      { fix: 'Start the worker with NODE_EXTRA_CA_CERTS' },
    ),
  },
  {
    name: 'expired certificate',
    does: 'expired',
    becomes: fails('AgentMisconfigured', 'has a certificate that has expired (CERT_HAS_EXPIRED)', { fix: 'Renew' }),
  },
  {
    name: 'certificate of another host',
    does: 'other-host',
    becomes: fails('AgentMisconfigured', 'has a certificate for another host (ERR_TLS_CERT_ALTNAME_INVALID)', {
      fix: 'Set the host of its url',
    }),
  },
  {
    name: '302',
    does: status(302, { location: `http://127.0.0.1:1/${CANARY}` }),
    becomes: fails('AgentMisconfigured', `${OTHER_FORM} (302)`),
  },
  { name: '400', does: status(400), becomes: fails('TaskRefused', 'refused the task as malformed (400)') },
  { name: '400 of a proxy, in HTML', does: page(400), becomes: fails('AgentMisconfigured', `${OTHER_FORM} (400)`) },
  { name: '401', does: status(401), becomes: fails('AgentKeyRefused', 'refused our key (401)') },
  {
    name: '402',
    does: status(402),
    becomes: fails('AgentBudgetExhausted', 'has no credit left (402)', { fix: 'Add credit' }),
  },
  { name: '403', does: status(403), becomes: fails('AgentKeyRefused', 'refused our key (403)') },
  {
    name: '404',
    does: status(404),
    becomes: fails('AgentMisconfigured', `${OTHER_FORM} (404)`),
    polled: fails('ConnectionLost', 'does not know the task any more (404)', { fix: 'Check how long the agent keeps' }),
  },
  {
    name: '408',
    does: status(408),
    becomes: fails('AgentTimeout', 'is behind a proxy that timed out (408)', PROXY_TIMEOUT),
  },
  { name: '413', does: status(413), becomes: fails('TaskRefused', 'refused the task as too large (413)') },
  { name: '415', does: status(415), becomes: fails('AgentMisconfigured', `${OTHER_FORM} (415)`) },
  { name: '422', does: status(422), becomes: fails('TaskRefused', 'refused the task as malformed (422)') },
  { name: '429', does: status(429), becomes: fails('RateLimited', 'asked for a pause (429)') },
  {
    name: '429 with `Retry-After: 1`',
    does: status(429, { 'retry-after': '1' }),
    becomes: fails('RateLimited', 'asked for a pause (429)', { pauseSeconds: 1 }),
  },
  { name: '500', does: status(500), becomes: fails('AgentFailed', 'failed for an unknown reason (500)') },
  {
    name: '500 of a proxy, in HTML',
    does: page(500),
    becomes: fails('ConnectionLost', 'is behind a proxy that failed (500)', PROXY),
  },
  { name: '501', does: status(501), becomes: fails('ConnectionLost', 'is behind a proxy that failed (501)', PROXY) },
  {
    name: '502 within 5 s, in HTML',
    does: page(502),
    becomes: fails('AgentUnreachable', 'is not reachable by its proxy (502)', PROXY),
  },
  { name: '503', does: status(503), becomes: fails('AgentUnreachable', 'is not ready (503)') },
  { name: '503 of a proxy, in HTML', does: page(503), becomes: fails('AgentUnreachable', 'is not ready (503)') },
  {
    name: '504',
    does: status(504),
    becomes: fails('AgentTimeout', 'is behind a proxy that timed out (504)', PROXY_TIMEOUT),
  },
  {
    name: '504 of a proxy, in HTML',
    does: page(504),
    becomes: fails('AgentTimeout', 'is behind a proxy that timed out (504)', PROXY_TIMEOUT),
  },
  {
    name: '520 of a proxy, in HTML',
    does: page(520),
    becomes: fails('ConnectionLost', 'is behind a proxy that failed (520)', PROXY),
  },
  {
    name: '521 of a proxy, as text',
    does: status(521, {}, 'error code: 521'),
    becomes: fails('AgentUnreachable', 'is not reachable by its proxy (521)', PROXY),
  },
  {
    name: '524 of a proxy, in HTML',
    does: page(524),
    becomes: fails('AgentTimeout', 'is behind a proxy that timed out (524)', PROXY_TIMEOUT),
  },
  {
    name: '524 of a proxy, as text',
    does: status(524, {}, 'error code: 524'),
    becomes: fails('AgentTimeout', 'is behind a proxy that timed out (524)', PROXY_TIMEOUT),
  },
  { name: '529', does: status(529), becomes: fails('RateLimited', 'is overloaded (529)') },
  { name: 'connection closed before the answer', does: (response) => void response.destroy(), becomes: LOST },
  { name: 'connection reset before the answer', does: ({ socket }) => void socket?.resetAndDestroy(), becomes: LOST },
  { name: 'headers cut', does: raw('HTTP/1.1 200 OK\r\ncontent-le'), becomes: LOST },
  { name: 'no HTTP', does: raw(`${CANARY}\r\n\r\n`), becomes: LOST },
  {
    name: 'body cut',
    does(response) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write(`{"output": "${CANARY}`, () => response.destroy());
    },
    becomes: LOST,
  },
  { name: '200 with HTML', does: page(200), becomes: unreadable(200), except: { callback: TAKEN } },
  { name: '200 with an error inside', does: status(200), becomes: unreadable(200), except: { callback: TAKEN } },
  { name: '200 without a body', does: status(200, {}, ''), becomes: unreadable(200), except: { callback: TAKEN } },
  { name: '202 with another form', does: status(202), becomes: unreadable(202), except: { callback: TAKEN } },
  { name: '204', does: status(204, {}, ''), becomes: unreadable(204), except: { callback: TAKEN } },
  {
    name: 'empty answer',
    does: EMPTY,
    becomes: fails('ModelAnswerUnreadable', 'gave an empty answer'),
    except: { garudust: { answers: ' ' }, callback: TAKEN },
  },
  {
    name: '50 MB, in flat memory',
    does: FIFTY_MB,
    becomes: fails('AnswerTooLarge', 'answered with more than 1000000 bytes'),
    except: { callback: TAKEN },
  },
  {
    name: 'answer without end, in flat memory',
    does: ENDLESS,
    becomes: fails('AnswerTooLarge', 'answered with more than 1000000 bytes'),
    except: { callback: TAKEN },
  },
  { name: 'invalid UTF-8', does: NO_UTF_8, becomes: { answers: 'a\ufffdb' }, except: { callback: TAKEN } },
  { name: 'half a surrogate', does: HALF, becomes: { answers: '\ufffd' }, except: { callback: TAKEN } },
];
