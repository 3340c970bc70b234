import type { Middleware } from 'koa';
import { ProblemError } from '../../protocol/problems.ts';
import type { Backlog } from '../limits/backlog.ts';
import { ComingBodies } from '../limits/coming-bodies.ts';

/**
 * Takes in so many requests at once, none while runs wait long to be recorded, and refuses the rest with `overloaded`,
 * before their body is read and anything is computed. One of them counts for all routes that it stands before. When all
 * places are taken, a request whose body does not come gives up its own.
 *
 * @param max Infinity: as many as come
 */
export function limitInFlight(max: number, backlog: Pick<Backlog, 'isSlow'>): Middleware {
  // Made once: under a flood the two are thrown thousands of times a second, and each new one would take its stack.
  const full = new ProblemError('overloaded', `This server takes in ${max} deliveries at once: send it again later.`);
  const slow = new ProblemError('overloaded', 'Runs are recorded too slowly at the moment: send it again later.');
  const bodies = new ComingBodies();
  let inFlight = 0;
  return async ({ req }, next) => {
    if (backlog.isSlow) throw slow;
    if (inFlight >= max && !bodies.cutOff()) throw full;
    inFlight += 1;
    bodies.add(req);
    try {
      await next();
    } finally {
      inFlight -= 1;
      bodies.delete(req);
    }
  };
}
