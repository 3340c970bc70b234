import type { RunState } from '../../runs/run-kind.ts';
import { within } from '../../timing/within.ts';

/** What a reader is asked to wait before it connects again, in milliseconds. */
const RECONNECT_MS = 2000;

/** Where a reader stands: the id of the last event that it saw. */
export interface StreamPosition {
  readonly sequence: number;
  /** Whether that event was the end. */
  readonly ended: boolean;
}

/** Reads `Last-Event-ID`; one that this server can't have sent counts as none. */
export function readPosition(header: string): StreamPosition {
  const [, sequence, ended] = /^(\d{1,15})(\.end)?$/.exec(header) ?? [];
  return { sequence: Number(sequence ?? 0), ended: ended !== undefined };
}

/**
 * A run's states as server-sent events (WHATWG HTML, section 9.2): `run` with the whole run, and last `end`, or `bye` when
 * the server ends the stream before the run has come to its end. Comments keep the connection alive.
 *
 * @param rest is ended with the stream
 * @param options.after the sequence number goes on from here
 */
export async function* toEventStream(
  first: RunState,
  rest: AsyncGenerator<RunState, void, undefined>,
  options: { readonly after: number; readonly keepAliveMs: number },
): AsyncGenerator<string, void, undefined> {
  let sequence = options.after + 1;
  let last = first;
  try {
    yield `retry: ${RECONNECT_MS}\n\n${toEvent('run', first.run, String(sequence))}`;
    for (let next = rest.next(); ;) {
      const result = await within(options.keepAliveMs, next, () => 'late' as const);
      if (result === 'late') {
        yield ': keep-alive\n\n';
        continue;
      }
      if (result.done === true) break;
      last = result.value;
      sequence += 1;
      yield toEvent('run', last.run, String(sequence));
      next = rest.next();
    }
    yield last.settled
      ? toEvent('end', { status: last.run.status, callback: last.run.callback.status }, `${sequence}.end`)
      : toEvent('bye', {});
  } finally {
    void rest.return();
  }
}

function toEvent(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
