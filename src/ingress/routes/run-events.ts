import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RunClient } from '../../runs/run-client.ts';
import type { RunResource } from '../../protocol/run-resource.ts';
import type { RunState } from '../../runs/run-kind.ts';
import { within } from '../../timing/within.ts';
import { createStreamSemaphore, DEFAULT_STREAM_LIMITS, type StreamLimits } from '../limits/client-semaphore.ts';
import type { IngressLogger } from '../middleware/access-log.ts';
import type { RequestContext } from '../route.ts';

export interface RunEventsDeps {
  readonly runs: Pick<RunClient, 'get' | 'follow'>;
  readonly limits: Partial<StreamLimits>;
  readonly logger: IngressLogger;
}

/** `GET /v1/runs/:id/events`: a run of the caller as server-sent events. */
export function createRunEvents(
  deps: RunEventsDeps,
): (ctx: RequestContext, id: string, client: string) => Promise<void> {
  const limits = { ...DEFAULT_STREAM_LIMITS, ...deps.limits };
  const permits = createStreamSemaphore(limits);
  return async (ctx, id, client) => {
    if (ctx.method === 'HEAD') {
      await deps.runs.get(id, client);
      ctx.type = 'text/event-stream';
      ctx.body = '';
      return;
    }
    const release = permits.acquire(client);
    const disconnected = new AbortController();
    ctx.res.once('close', () => {
      disconnected.abort();
      release();
    });
    const runs = deps.runs.follow(id, client, disconnected.signal);
    const first = await runs.next();
    if (first.done === true) throw new Error('a followed run has no state');
    const position = readPosition(ctx.get('Last-Event-ID'));
    if (position.ended && first.value.settled) {
      // Stops an EventSource from reconnecting.
      ctx.status = 204;
      return;
    }
    const events = toEventStream(first.value, runs, { after: position.sequence, keepAliveMs: limits.streamKeepAlive });
    await stream(ctx, events, limits, deps.logger);
  };
}

async function stream(
  ctx: RequestContext,
  events: AsyncGenerator<string, void, undefined>,
  { streamStalledTimeout }: StreamLimits,
  logger: IngressLogger,
): Promise<void> {
  ctx.type = 'text/event-stream';
  // Otherwise nginx buffers events.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.status = 200;
  // Sent without Koa, which takes a disconnecting reader for an error.
  ctx.respond = false;
  // The connection is not reused, so that none is left open when the server drains.
  ctx.res.shouldKeepAlive = false;
  ctx.req.socket.setTimeout(streamStalledTimeout);
  try {
    await pipeline(Readable.from(events), ctx.res);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    logger.error({ request_id: ctx.state.requestId, err: error }, 'sending the response failed');
    ctx.res.destroy();
  }
}

/** How long a reader should wait before it reconnects, in milliseconds. */
const RECONNECT_MS = 2000;

/** The position of a reader: the id of the last event that it received. */
interface StreamPosition {
  readonly sequence: number;
  /** Whether that event was the end. */
  readonly ended: boolean;
}

/** Reads `Last-Event-ID`; a value that this server cannot have sent counts as none. */
function readPosition(header: string): StreamPosition {
  const [, sequence, ended] = /^(\d{1,15})(\.end)?$/.exec(header) ?? [];
  return { sequence: Number(sequence ?? 0), ended: ended !== undefined };
}

/**
 * The states of a run as server-sent events (WHATWG HTML, section 9.2): `run` with the whole run, `text` with a further piece of the
 * answer, and finally `end`, or `bye` when the server closes the stream before the run is settled. Comments keep the connection alive.
 *
 * @param rest is closed with the stream
 * @param options.after the sequence number of the last event that the reader received
 */
async function* toEventStream(
  first: RunState,
  rest: AsyncGenerator<RunState, void, undefined>,
  options: { readonly after: number; readonly keepAliveMs: number },
): AsyncGenerator<string, void, undefined> {
  let sequence = options.after + 1;
  let last = first;
  try {
    yield `retry: ${RECONNECT_MS}\n\n${toEvent('run', withoutText(first.run), String(sequence))}`;
    const text = new TextEvents();
    yield* text.next(first.run);
    for (let next = rest.next(); ;) {
      const result = await within(options.keepAliveMs, next, () => 'late' as const);
      if (result === 'late') {
        yield ': keep-alive\n\n';
        continue;
      }
      if (result.done === true) break;
      const isTextAlone = JSON.stringify(withoutText(last.run)) === JSON.stringify(withoutText(result.value.run));
      last = result.value;
      yield* text.next(last.run);
      if (!isTextAlone) {
        sequence += 1;
        yield toEvent('run', withoutText(last.run), String(sequence));
      }
      next = rest.next();
    }
    yield last.settled
      ? toEvent('end', { status: last.run.status, callback: last.run.callback.status }, `${sequence}.end`)
      : toEvent('bye', {});
  } finally {
    void rest.return();
  }
}

/** Each piece of an answer once, however the looks at the run overlap. */
class TextEvents {
  #attempt: number | undefined;
  #sentTo = 0;

  *next({ agent }: RunResource): Generator<string, void, undefined> {
    if (agent?.text === undefined) return;
    const { offset, text } = agent.text;
    // Another call writes its answer from the beginning.
    if (agent.attempt !== this.#attempt || offset + text.length < this.#sentTo) this.#sentTo = 0;
    this.#attempt = agent.attempt;
    const from = Math.max(offset, this.#sentTo);
    const piece = text.slice(from - offset);
    this.#sentTo = offset + text.length;
    // Without an id: who comes back gets the end of the text anew, and the place of it.
    if (piece !== '') yield toEvent('text', { offset: from, text: piece });
  }
}

function withoutText(run: RunResource): RunResource {
  if (run.agent?.text === undefined) return run;
  const { text: _, ...agent } = run.agent;
  return { ...run, agent };
}

function toEvent(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
