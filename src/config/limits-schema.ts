import { z } from 'zod';
import { duration, size, wholeNumber } from '../settings/quantities.ts';
import { setting } from '../settings/setting.ts';

/** What is waited for in the process itself: setTimeout takes 24.8 days at most. */
export const waitTime = duration({ min: '100ms', max: '24d' });

/**
 * What a task or an answer may have. Temporal takes 2 MiB a payload, in which JSON writes quotes and line ends with two
 * bytes.
 */
export const payload = size({ min: '1KiB', max: '1536KiB' });

/** How many of something are under way at once. */
export const inFlight = wholeNumber({ min: 1, max: 100_000 });

const perSecond = wholeNumber({ min: 1, max: 10_000 });

/** The block `limits`. */
export const limits = z.strictObject({
  body: setting(payload, { default: '1MiB', help: 'Largest request body; above it, `413`.' }),
  headers_timeout: setting(waitTime, { default: '10s', help: 'Time limit for the headers of a request.' }),
  body_timeout: setting(waitTime, { default: '20s', help: 'Time limit for the body, from the end of the headers.' }),
  max_in_flight: setting(inFlight, {
    default: 128,
    help: 'Tasks and events that one process handles at once, for all clients; above it, `503` before the body is read. The limit falls while Temporal is slow. When all slots are taken, the oldest stalled upload is dropped.',
  }),
  shutdown_grace: setting(duration({ min: '0s', max: '24d' }), {
    default: '10s',
    help: 'Time for requests in flight to finish when the server stops.',
  }),
  max_waits: setting(inFlight, {
    default: 1000,
    help: 'Concurrent `?wait=` polls in one process, for all clients; above it, `503`. Each run that is waited for costs one long poll at Temporal.',
  }),
  max_waits_per_client: setting(inFlight, {
    default: 200,
    help: 'Concurrent `?wait=` polls of one client; above it, `429`.',
  }),
  max_streams: setting(inFlight, {
    default: 200,
    help: 'Concurrent event streams in one process, for all clients; above it, `503`. Each run that is followed costs one long poll at Temporal.',
  }),
  max_streams_per_client: setting(inFlight, {
    default: 50,
    help: 'Concurrent event streams of one client; above it, `429`.',
  }),
  stream_keep_alive: setting(waitTime, {
    default: '15s',
    help: 'Interval of the comments that keep an idle stream open. Keep it below the idle timeout of any proxy in front of this server.',
  }),
  stream_stalled_timeout: setting(waitTime, {
    default: '1m',
    help: 'A stream whose reader takes no data for this long is closed.',
  }),
  lists_per_second: setting(perSecond, {
    default: 5,
    help: 'Rate at which one process lists runs in Temporal, for all clients; above it, `503`. A self-hosted server allows 10 per second and namespace, including its UI.',
  }),
  lists_burst: setting(inFlight, { default: 15, help: 'Lists allowed at once before `lists_per_second` applies.' }),
  lists_per_second_per_client: setting(perSecond, {
    default: 2,
    help: 'Rate at which one client may list its runs; above it, `429`.',
  }),
  lists_burst_per_client: setting(inFlight, {
    default: 10,
    help: 'Lists allowed at once before `lists_per_second_per_client` applies.',
  }),
  lists_reuse: setting(duration({ min: '0s', max: '1m' }), {
    default: '500ms',
    help: "How long the answer to the same query is reused. Temporal's own list lags as far behind.",
  }),
});
