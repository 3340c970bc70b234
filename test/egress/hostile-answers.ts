import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { EgressErrorClass } from '../../src/egress/egress-error.ts';

/** Writes a piece again and again, as fast as it is taken, until the connection is closed. */
function pour(head: string, piece: string) {
  return (socket: Socket): void => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.write(head);
    socket.on('drain', more);
    more();
  };
}

/** Writes a piece every few milliseconds until the connection is closed. */
function trickle(head: string, piece: string) {
  return (socket: Socket): void => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), 5);
    socket.once('close', () => clearInterval(timer));
  };
}

/** Writes a text and ends the connection. */
function say(text: string) {
  return (socket: Socket): void => void socket.end(text);
}

/** An answer that unpacks to half a gigabyte. */
function gzipBomb(socket: Socket): void {
  const bomb = gzipSync(Buffer.alloc(500_000_000));
  socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
  socket.end(bomb);
}

/** Answers when nobody waits for it any more. */
function answerLate(socket: Socket): void {
  const timer = setTimeout(() => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 600);
  socket.once('close', () => clearTimeout(timer));
}

function resetInTheBody(socket: Socket): void {
  socket.write('HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\nhalf', () => {
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
}

export interface HostileReceiver {
  readonly serve: (socket: Socket) => void;
  /** The status that counts, or the class of the error and its words after the host. */
  readonly result: number | readonly [EgressErrorClass, RegExp];
  /** Set where the deadline is what ends it. */
  readonly timeoutMs?: number;
}

/** Receivers that answer as no receiver should, by what they do. */
export const HOSTILE: Readonly<Record<string, HostileReceiver>> = {
  'answers garbage': {
    serve: say('SSH-2.0-OpenSSH_9.6 hunter2\r\n'),
    result: ['protocol', /^did not answer in HTTP \(HPE_\w+\): check the scheme/],
  },
  'answers without a head': {
    serve: say('<html>hunter2</html>'),
    result: ['protocol', /^did not answer in HTTP/],
  },
  'answers with both a length and chunks': {
    serve: say('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    result: ['protocol', /^did not answer in HTTP/],
  },
  'sends one endless header': {
    serve: pour('HTTP/1.1 200 OK\r\nx: ', 'a'.repeat(1000)),
    result: ['protocol', /^sent headers over 16 KiB/],
  },
  'sends endless headers': {
    serve: pour('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(100)),
    result: ['protocol', /^sent headers over 16 KiB/],
  },
  'sends endless informational answers': {
    serve: trickle('', 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    result: ['timeout', /^did not finish its headers within 0\.3 s/],
    timeoutMs: 300,
  },
  'sends an endless body': { serve: pour('HTTP/1.1 200 OK\r\n\r\n', 'a'.repeat(10_000)), result: 200 },
  'sends a body of 5 GB': {
    serve: pour(`HTTP/1.1 200 OK\r\ncontent-length: ${5 * 2 ** 30}\r\n\r\n`, 'a'.repeat(10_000)),
    result: 200,
  },
  'sends a gzip bomb': { serve: gzipBomb, result: 200 },
  'closes in the middle of its head': {
    serve: say('HTTP/1.1 200 OK\r\ncontent-le'),
    result: ['protocol', /^broke off its response \(\w+\)/],
  },
  'closes in the middle of its body': { serve: say('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'), result: 200 },
  'resets in the middle of its body': { serve: resetInTheBody, result: 500 },
  'sends a broken chunk': { serve: say('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'), result: 200 },
  'never answers': {
    serve: () => undefined,
    result: ['timeout', /^did not answer within 0\.3 s: check the receiver/],
    timeoutMs: 300,
  },
  'answers after the deadline': {
    serve: answerLate,
    result: ['timeout', /^did not answer within 0\.3 s: check the receiver/],
    timeoutMs: 300,
  },
  'trickles its head': {
    serve: trickle('HTTP/1.1 200 OK\r\nx: ', 'a'),
    result: ['timeout', /^did not finish its headers within 0\.3 s/],
    timeoutMs: 300,
  },
  'trickles its body': {
    serve: trickle('HTTP/1.1 202 Taken\r\ncontent-length: 10000\r\n\r\n', 'a'),
    result: 202,
    timeoutMs: 300,
  },
  'switches to another protocol': {
    serve: trickle('HTTP/1.1 101 Switch\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', 'a'),
    result: 101,
  },
};
