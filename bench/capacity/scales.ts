import type { CapacityScale } from './measure-capacity.ts';
import type { RecoveryScale } from './measure-recovery.ts';

interface Scales {
  readonly load: CapacityScale;
  readonly recovery: RecoveryScale;
}

export const CAPACITY_SCALES: Readonly<Record<'quick' | 'full', Scales>> = {
  quick: {
    load: { warmUp: 40, runs: 60, rates: [5, 15, 30], seconds: 2 },
    recovery: { perSecond: 8, seconds: 12, killAfterSeconds: 4 },
  },
  full: {
    load: {
      warmUp: 200,
      runs: 200,
      rates: [5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 140],
      seconds: 5,
    },
    recovery: { perSecond: 16, seconds: 30, killAfterSeconds: 10 },
  },
};
