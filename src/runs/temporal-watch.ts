import type { ConnectionLike } from '@temporalio/client';
import { SEARCH_ATTRIBUTE_NAMES } from '../contract/search-attributes.ts';
import { shareFor } from '../timing/share-for.ts';
import { within } from '../timing/within.ts';
import { setUpHint } from './set-up-hint.ts';

/** Whether a run can be recorded in Temporal; if not, the problem that says why. */
export type Readiness = 'ready' | 'temporal_unavailable' | 'temporal_not_set_up';

export interface TemporalWatchOptions {
  /** The native connection; undefined while there is none yet. */
  readonly connection: () => ConnectionLike | undefined;
  readonly namespace: string;
  /** How long one look may take, in milliseconds. */
  readonly deadlineMs: number;
  /** Gets one line for each change: Temporal is lost, lacks our setup, or is back. */
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Called after each look, and when a call of this process was refused. */
  readonly onReadiness?: (readiness: Readiness) => void;
}

/** Looks at Temporal for everybody in this process who asks whether a run can be recorded. */
export interface TemporalWatch {
  /** One look a second at most, whoever asks. Never rejects. */
  readiness(): Promise<Readiness>;
  /** A call of this process was refused or not answered: the next look checks everything again. */
  refused(): void;
  /** Stops looking. */
  close(): void;
}

/** How long one look serves everybody. */
const SHARED_FOR_MS = 1000;
/** How often the watch looks where nobody asks, so that metrics and log stay true. */
const LOOK_EVERY_MS = 5000;

/** Looks every 5 s, and when somebody asks. */
export function watchTemporal(options: TemporalWatchOptions): TemporalWatch {
  const { connection, namespace, deadlineMs, logger, onReadiness } = options;
  /** They do not vanish by themselves, so they are looked up until they were there once, or a call was refused. */
  let hasAttributes = false;
  let last: Readiness | undefined;

  const check = async (): Promise<{ readiness: Readiness; reason?: string }> => {
    const current = connection();
    if (current === undefined) return { readiness: 'temporal_unavailable' };
    try {
      await current.workflowService.describeNamespace({ namespace });
      if (!hasAttributes) {
        const missing = await findMissingAttributes(current, namespace);
        if (missing.length > 0) return { readiness: 'temporal_not_set_up', reason: `${missing.join(', ')} missing` };
        hasAttributes = true;
      }
      return { readiness: 'ready' };
    } catch (error) {
      const { details, message } = error as { details?: string; message?: string };
      const readiness = setUpHint(error) === undefined ? 'temporal_unavailable' : 'temporal_not_set_up';
      return { readiness, reason: details || message || 'unknown' };
    }
  };
  const look = shareFor(SHARED_FOR_MS, async () => {
    const late = (): { readiness: Readiness; reason: string } => {
      return { readiness: 'temporal_unavailable', reason: `no answer within ${deadlineMs / 1000} s` };
    };
    const { readiness, reason } = await within(deadlineMs, check(), late);
    tell(readiness, reason);
    onReadiness?.(readiness);
    return readiness;
  });
  const tell = (readiness: Readiness, reason: string | undefined): void => {
    // Who has no connection yet hears of it from the connecting itself.
    if (readiness === last || (readiness !== 'ready' && reason === undefined)) return;
    if (readiness === 'ready' && last !== undefined) logger.info({ namespace }, 'Temporal answers again');
    if (readiness === 'temporal_unavailable') logger.warn({ namespace, reason }, 'Temporal does not answer');
    if (readiness === 'temporal_not_set_up')
      logger.warn({ namespace, reason }, 'Temporal lacks our setup: run `garudust-temporal setup`');
    last = readiness;
  };

  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return {
    // Without a connection there is nothing to look at, and nothing worth sharing for a second.
    readiness: async () => (connection() === undefined ? 'temporal_unavailable' : look()),
    refused() {
      hasAttributes = false;
      onReadiness?.('temporal_unavailable');
    },
    close: () => clearInterval(timer),
  };
}

/** Search attributes of ours that the namespace lacks. None where the server lets nobody list them, as Temporal Cloud may. */
async function findMissingAttributes(connection: ConnectionLike, namespace: string): Promise<string[]> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return SEARCH_ATTRIBUTE_NAMES.filter((name) => customAttributes[name] === undefined);
  } catch (error) {
    if (GRPC_REFUSALS.includes((error as { code?: number }).code ?? 0)) return [];
    throw error;
  }
}

/** PERMISSION_DENIED, UNIMPLEMENTED and UNAUTHENTICATED. */
const GRPC_REFUSALS: readonly number[] = [7, 12, 16];
