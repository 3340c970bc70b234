import { randomInt } from 'node:crypto';
import { listenOnce } from '../../src/cli/temporal-server/free-port.ts';

/** Below the ports that Linux, macOS and Windows give to outgoing connections, which come and go while processes start. */
const RANGE = [10_000, 30_000] as const;
const TRIES = 50;

/**
 * A free port on loopback that no outgoing connection takes before a process listens on it.
 *
 * @throws the system's error when none of fifty is free
 */
export async function settledPort(tries = TRIES): Promise<number> {
  try {
    return await listenOnce('127.0.0.1', randomInt(...RANGE));
  } catch (error) {
    if (tries <= 1) throw error;
    return settledPort(tries - 1);
  }
}
