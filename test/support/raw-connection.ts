import { connect, type Socket } from 'node:net';

/** A TCP connection to loopback on which a test writes HTTP by hand. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that came so far. */
  received(): string;
  /** Resolves with everything that came once the other side has closed. */
  closed(): Promise<string>;
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  const end = new Promise<string>((resolve) => {
    // A reset after the answer is what a sender that goes on sending gets; the answer is what counts.
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return { socket, received: () => text, closed: () => end };
}

/** The problem in a raw answer. */
export function readProblem(answer: string): { status: number; code: string } {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { status: number; code: string };
}
