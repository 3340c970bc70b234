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
  body: setting(payload, { default: '1MiB', help: 'Largest body of a request; a larger one is answered 413.' }),
  headers_timeout: setting(waitTime, { default: '10s', help: 'Time for the headers of a request.' }),
  body_timeout: setting(waitTime, { default: '20s', help: 'Time for the body, from the end of the headers.' }),
  max_in_flight: setting(inFlight, {
    default: 128,
    help: 'Tasks and events that one process takes in at once, from all clients; further ones are answered 503 before their body is read. Fewer are taken in while Temporal is slow to record them. One whose body does not come loses its place to the next.',
  }),
  shutdown_grace: setting(duration({ min: '0s', max: '24d' }), {
    default: '10s',
    help: 'Time for requests in flight when the server stops.',
  }),
  max_waits: setting(inFlight, {
    default: 1000,
    help: 'Polls with `?wait=` that one process holds at once, for all clients; further ones are answered 503. Each run that is waited for is a long poll at Temporal.',
  }),
  max_waits_per_client: setting(inFlight, {
    default: 200,
    help: 'Those of one client; further ones are answered 429.',
  }),
  max_streams: setting(inFlight, {
    default: 200,
    help: 'Event streams that one process has open at once, for all clients; further ones are answered 503. Each run that is followed is a long poll at Temporal.',
  }),
  max_streams_per_client: setting(inFlight, {
    default: 50,
    help: 'Those of one client; further ones are answered 429.',
  }),
  stream_keep_alive: setting(waitTime, {
    default: '15s',
    help: 'Between two comments that show an idle stream to be alive. Keep it below the idle timeout of what stands before this server.',
  }),
  stream_stalled_timeout: setting(waitTime, {
    default: '1m',
    help: 'A stream of which its reader takes no byte for so long is cut.',
  }),
  lists_per_second: setting(perSecond, {
    default: 5,
    help: 'How often one process asks Temporal for a list of runs, for all clients; what is over is answered 503. A self-hosted server allows 10 a second a namespace, its UI included.',
  }),
  lists_burst: setting(inFlight, { default: 15, help: 'So many at once, before that rate holds.' }),
  lists_per_second_per_client: setting(perSecond, {
    default: 2,
    help: 'How often one client may list its runs; what is over is answered 429.',
  }),
  lists_burst_per_client: setting(inFlight, { default: 10, help: 'So many at once, before that rate holds.' }),
  lists_reuse: setting(duration({ min: '0s', max: '1m' }), {
    default: '500ms',
    help: 'How long the answer to the same question serves. The list of Temporal is as far behind itself.',
  }),
});
