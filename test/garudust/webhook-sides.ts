import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { GarudustTarget } from '../conformance/garudust-calls.ts';
import { type Answer, type ReceivedCallback, startCallbackReceiver } from '../support/callback-receiver.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { API_KEY, SECRET, startTestStack } from '../support/start-test-stack.ts';
import { waitFor } from '../support/wait-for.ts';
import type { StartGarudust } from './garudust-stack.ts';

export interface SideReply {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** One of two takers of the same webhook. */
export interface Side {
  readonly name: 'garudust' | 'here';
  readonly url: string;
  readonly secret: string;
  /** A receiver on loopback that this side can reach, for callbacks that are not looked at. */
  readonly callbackUrl: string;
  /** What came there or to a path below, in order. */
  readonly received: ReceivedCallback[];
  /** Posts an object as JSON, or a text as it is, rightly signed unless `headers` is given. */
  readonly post: (body: object | string, headers?: Readonly<Record<string, string>>) => Promise<SideReply>;
  /** Posts a task with a callback address of its own, or one that ends with `path`, and waits for what comes there. */
  readonly roundTrip: (task: object, path?: string) => Promise<ReceivedCallback>;
  /** The nth that came to a path, from 1. */
  readonly callback: (path: string, nth: number) => Promise<ReceivedCallback>;
}

export interface Sides {
  /** Garudust's own webhook adapter. */
  readonly garudust: Side;
  /** Our ingress, with the same Garudust behind it. */
  readonly here: Side;
  readonly both: readonly [Side, Side];
  readonly target: GarudustTarget;
  readonly startGarudust: StartGarudust;
  /** Asks our API. */
  readonly ask: (path: string, method?: string) => Promise<Response>;
  /** How often the model was asked this. */
  readonly asked: (text: string) => number;
}

/** Starts both with a receiver each. */
export async function startSides(t: TestContext, start: StartGarudust, answer?: Answer): Promise<Sides> {
  const target = await start({ llmTimeoutMs: 5000 });
  t.after(() => target.close());
  const stack = await startTestStack(t, {
    env: { GARUDUST_URL: target.url, GARUDUST_API_KEY: target.apiKey ?? '' },
    change: (config) => ({
      ...config,
      callback: { ...config.callback, retryDelaysMs: [50] },
      agents: config.agents.map((agent) => ({ ...agent, maxAttempts: 1 })),
    }),
  });
  // The form of loopback that Garudust's guard lets through.
  const garudust = await startSide(
    t,
    'garudust',
    target.webhookUrl,
    target.hmacSecret ?? '',
    '[::ffff:127.0.0.1]',
    answer,
  );
  const here = await startSide(t, 'here', `${stack.url}/webhook`, SECRET, '127.0.0.1', answer);
  return {
    garudust,
    here,
    both: [garudust, here],
    target,
    startGarudust: start,
    ask: (path, method = 'GET') =>
      fetch(`${stack.url}${path}`, { method, headers: { Authorization: `Bearer ${API_KEY}` } }),
    asked: (text) => target.model.callsFor(text).length,
  };
}

async function startSide(
  t: TestContext,
  name: Side['name'],
  url: string,
  secret: string,
  host: string,
  answer?: Answer,
): Promise<Side> {
  const { port, received } = await startCallbackReceiver(t, answer);
  const callbackUrl = `http://${host}:${port}/cb`;
  const at = (path: string): ReceivedCallback[] => received.filter((one) => one.path === path);
  const post: Side['post'] = async (body, headers) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const all = { 'Content-Type': 'application/json', ...(headers ?? hubHeaders(secret, text)) };
    const response = await fetch(url, { method: 'POST', body: text, headers: all });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const callback: Side['callback'] = async (path, nth) => {
    await waitFor(`callback ${nth} of ${name} to ${path}`, () => at(path).length >= nth, 10_000);
    return at(path)[nth - 1] ?? Promise.reject(new Error('no callback'));
  };
  return {
    name,
    url,
    secret,
    callbackUrl,
    received,
    post,
    callback,
    roundTrip: async (task, path = randomUUID()) => {
      const nth = at(`/cb/${path}`).length + 1;
      const reply = await post({ ...task, callback_url: `${callbackUrl}/${path}` });
      if (reply.status !== 202) throw new Error(`${name} answered ${reply.status} ${reply.text}`);
      return callback(`/cb/${path}`, nth);
    },
  };
}

/** What a receiver that was written for Garudust reads: `text`, and nothing else. */
export function readText(callback: ReceivedCallback): string {
  const { text } = JSON.parse(callback.body) as { text?: unknown };
  if (typeof text !== 'string') throw new TypeError(`no text in ${callback.body}`);
  return text;
}
