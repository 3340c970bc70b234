/** What every run is given. */
export const TEXT = 'Summarise why deployment 4312 failed';
/** Runs that are open at once, or webhooks. */
export const CONCURRENCY = 32;
/** Runs a second while the time from end to end is taken. */
export const RATE = 5;
