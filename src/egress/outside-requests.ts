import type { EgressRules } from './address-policy.ts';
import { parseEgressProxy } from './egress-proxy.ts';
import { type GuardedGet, guardedGet } from './guarded-get.ts';
import type { FindOwnPlaces } from './own-places.ts';
import type { FetchedDocument } from './remote-documents.ts';

interface FetchOptions extends Pick<EgressRules, 'permitNetworks'>, Pick<GuardedGet, 'resolve' | 'trust'> {
  /** URL of an operator's proxy. Default: none. */
  readonly proxy?: string | undefined;
  readonly findOwnPlaces: FindOwnPlaces;
  /** Told why a URL was not confirmed, for the log. */
  readonly onFailure?: (url: string, message: string) => void;
  /** Milliseconds for a whole request. Default: 5000. */
  readonly timeoutMs?: number;
}

/** Requests to hosts that the settings name. */
export interface OutsideRequests {
  /** Fetches a document of at most 64 KiB. Rejects with an error that says why there is none now. */
  readonly fetchDocument: (url: string) => Promise<FetchedDocument>;
  /** Asks for a URL, and says whether its host agreed. Never rejects. */
  readonly confirm: (url: string) => Promise<boolean>;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024;

/**
 * Makes the functions that ask other hosts for what deliveries need, by the rules of callbacks: no redirect is followed.
 *
 * @throws RangeError when the proxy is not one
 */
export function createOutsideRequests(options: FetchOptions): OutsideRequests {
  const { permitNetworks, findOwnPlaces, timeoutMs = TIMEOUT_MS, resolve, trust } = options;
  const proxy = options.proxy === undefined ? undefined : parseEgressProxy(options.proxy);
  const get = async (url: string) =>
    guardedGet({
      url,
      rules: { allowedDomains: [], permitNetworks, own: await findOwnPlaces() },
      timeoutMs,
      maxBytes: MAX_BYTES,
      proxy,
      ...(resolve !== undefined && { resolve }),
      ...(trust !== undefined && { trust }),
    });
  return {
    async fetchDocument(url) {
      const { statusCode, content } = await get(url);
      if (statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429) return 'absent';
      if (statusCode !== 200) throw new Error(`it answered ${statusCode}, and redirects are not followed`);
      if (content === undefined)
        throw new Error(`its answer is not complete, is compressed, or exceeds ${MAX_BYTES} bytes`);
      return { text: content.toString('utf8') };
    },
    async confirm(url) {
      try {
        const { statusCode } = await get(url);
        if (statusCode >= 200 && statusCode < 300) return true;
        options.onFailure?.(url, `it answered ${statusCode}, and redirects are not followed`);
      } catch (error) {
        options.onFailure?.(url, error instanceof Error ? error.message : 'unknown');
      }
      return false;
    },
  };
}
