import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';

/** What kept this process from its work, in milliseconds. */
export interface Stalls {
  /** How late timers were, but for one in a hundred. */
  readonly loopLateP99Ms: number;
  readonly longestGcMs: number;
}

const RESOLUTION_MS = 5;

/** Watches the event loop and the garbage collector of this thread until it is ended. */
export function watchStalls(): { end(): Stalls } {
  let longestGcMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration);
  });
  collections.observe({ entryTypes: ['gc'] });
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  return {
    end() {
      loop.disable();
      collections.disconnect();
      return { loopLateP99Ms: Math.max(0, loop.percentile(99) / 1e6 - RESOLUTION_MS), longestGcMs };
    },
  };
}
