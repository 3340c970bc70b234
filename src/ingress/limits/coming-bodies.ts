import type { IncomingMessage } from 'node:http';

/** By then the body of an honest sender has come, but for a very large one on a long way. */
const PATIENCE_MS = 500;

/**
 * Requests whose body may still be on its way. Where places are short, the one that has been at it for longest gives up its
 * place, so that strangers who open many requests and send nothing can't keep all others out.
 */
export class ComingBodies {
  readonly #patienceMs: number;
  readonly #now: () => number;
  /** When each began, the oldest first. */
  readonly #since = new Map<IncomingMessage, number>();

  /** @param now milliseconds that only grow; default: `performance.now` */
  constructor(patienceMs: number = PATIENCE_MS, now: () => number = () => performance.now()) {
    this.#patienceMs = patienceMs;
    this.#now = now;
  }

  add(req: IncomingMessage): void {
    if (!req.complete) this.#since.set(req, this.#now());
  }

  delete(req: IncomingMessage): void {
    this.#since.delete(req);
  }

  /** Cuts off the slowest of those that have had their time. False: there is none. */
  cutOff(): boolean {
    for (const [req, since] of this.#since) {
      if (!req.complete && this.#now() - since < this.#patienceMs) return false;
      this.#since.delete(req);
      if (req.complete) continue;
      req.destroy();
      return true;
    }
    return false;
  }
}
