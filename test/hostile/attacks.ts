import { Buffer } from 'node:buffer';
import { setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { hubSignature, Poster } from './post.ts';

/** What an attacker knows. Only the storm of genuine senders has a secret. */
export interface Target {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
}

/** Attacks until the signal is aborted. Never rejects. */
export type Attack = (target: Target, signal: AbortSignal) => Promise<void>;

const REOPEN_MS = 50;
/** Between the first connections: thousands in one moment would be another attack. */
const STAGGER_MS = 5;

/** Keeps so many connections open: `open` writes to each, and one that was closed is opened again. */
async function keepOpen(
  { port }: Target,
  signal: AbortSignal,
  count: number,
  open: (socket: Socket) => void,
): Promise<void> {
  setMaxListeners(count + 1, signal);
  const one = async (_: unknown, index: number): Promise<void> => {
    await sleep(index * STAGGER_MS);
    while (!signal.aborted) {
      const socket = connect({ port, host: '127.0.0.1' });
      const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      const stop = (): void => void socket.destroy();
      signal.addEventListener('abort', stop, { once: true });
      socket.on('error', () => undefined).once('connect', () => open(socket));
      await gone;
      signal.removeEventListener('abort', stop);
      await sleep(REOPEN_MS);
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

/** Requests one after the other on so many connections, as fast as they are answered. */
async function keepPosting(signal: AbortSignal, count: number, send: () => Promise<unknown>): Promise<void> {
  const one = async (): Promise<void> => {
    while (!signal.aborted) await send();
  };
  await Promise.all(Array.from({ length: count }, one));
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const MIB = 1024 * 1024;

/** 30 connections that pipeline 300 requests each. */
export const pipelinedReadiness: Attack = (target, signal) =>
  keepOpen(target, signal, 30, (socket) => {
    socket.resume();
    socket.write(get('/readyz').repeat(300));
  });

/** 40 connections that send 23 of 24 MiB each, declared or chunked. */
export const unfinishedBodies: Attack = (target, signal) => {
  const head = 'POST /hooks/github HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
  const part = Buffer.alloc(MIB, 'x');
  const chunk = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  let opened = 0;
  return keepOpen(target, signal, 40, (socket) => {
    socket.resume();
    opened += 1;
    const isChunked = opened % 2 === 0;
    socket.write(`${head}${isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${24 * MIB}`}\r\n\r\n`);
    let sent = 0;
    const writeOn = (): void => {
      while (sent < 23 && socket.writable) {
        sent += 1;
        if (!socket.write(isChunked ? chunk : part)) return;
      }
    };
    socket.on('drain', writeOn);
    writeOn();
  });
};

/** Headers of 16 KiB with hundreds of signatures, to 50 clients. */
export const manySignatures: Attack = async ({ url }, signal) => {
  const entries = `v1,${'A'.repeat(43)}= `.repeat(310);
  const now = Math.floor(Date.now() / 1000);
  const standard = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(now), 'webhook-signature': entries };
  const stripe = { 'stripe-signature': `t=${now}${',v1=a'.repeat(3000)}` };
  const poster = new Poster(30);
  let turn = 0;
  await keepPosting(signal, 30, () => {
    turn += 1;
    return turn % 2 === 0
      ? poster.post(`${url}/webhook`, '{"text":"Hi"}', standard)
      : poster.post(`${url}/hooks/stripe`, '{"text":"Hi"}', stripe);
  });
  poster.close();
};

/** Bodies of 1 MiB whose signature no secret of 50 clients made. */
export const forgedBodies: Attack = async ({ url }, signal) => {
  const poster = new Poster(30);
  const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(MIB - 50) }));
  const headers = { 'x-hub-signature-256': `sha256=${'a'.repeat(64)}` };
  await keepPosting(signal, 30, () => poster.post(`${url}/webhook`, body, headers));
  poster.close();
};

/** 1,500 connections that ask for a large page again and again and read nothing. */
export const unreadAnswers: Attack = (target, signal) =>
  keepOpen(target, signal, 1500, (socket) => {
    socket.pause();
    socket.write(get('/openapi.json').repeat(16));
  });

/** 160 genuine senders, each with the next task as soon as the last one is answered. */
export const storm: Attack = async ({ url, secret }, signal) => {
  const poster = new Poster(160);
  const body = JSON.stringify({ text: 'Summarise why deployment 4312 failed' });
  const headers = { 'x-hub-signature-256': hubSignature(secret, body) };
  await keepPosting(signal, 160, async () => {
    const { status } = await poster.post(`${url}/webhook`, body, headers);
    if (status !== 202) await sleep(250);
  });
  poster.close();
};

/** In the order in which they are played. */
export const ATTACKS: Readonly<
  Record<string, { readonly what: string; readonly attack: Attack; readonly isJudged: boolean }>
> = {
  readyz: { what: '1 pipelined /readyz', attack: pipelinedReadiness, isJudged: true },
  bodies: { what: '2 unfinished 24 MiB bodies', attack: unfinishedBodies, isJudged: true },
  signatures: { what: '3 headers full of signatures', attack: manySignatures, isJudged: true },
  forged: { what: '3 forged bodies of 1 MiB', attack: forgedBodies, isJudged: true },
  unread: { what: '4 answers that nobody reads', attack: unreadAnswers, isJudged: true },
  storm: { what: '5 storm of 160 senders', attack: storm, isJudged: false },
};
