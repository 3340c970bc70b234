/** A document of another host: keys, or a certificate. One object for each time that it was fetched. */
export interface RemoteDocument {
  readonly text: string;
}

/** What a fetch has found. `absent`: the host says that it has no such document. */
export type FetchedDocument = RemoteDocument | 'absent';

export interface RemoteDocumentsOptions {
  /** Fetches a document. Rejects with an error whose message says why there is none now. */
  readonly fetch: (url: string) => Promise<FetchedDocument>;
  /** Told why a fetch failed, for the log. */
  readonly onFailure?: (url: string, message: string) => void;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
}

export interface WantedDocument {
  readonly url: string;
  /** Whether it is an outcome that there is no such document. Otherwise that is a failed fetch. */
  readonly mayBeAbsent: boolean;
  /** Whether a text is a document of this kind at all. What is none counts as a failed fetch. */
  readonly isValid: (document: RemoteDocument) => boolean;
  /** Whether it has what is looked for. Where it has not, it may be out of date. */
  readonly has: (document: RemoteDocument) => boolean;
}

/** Thrown while a document can't be had. It may be there later. */
export class DocumentUnavailable extends Error {
  override readonly name = 'DocumentUnavailable';
}

const FRESH_MS = 10 * 60_000;
/** While the host can't be reached, a document is used for so long. */
const KEEP_MS = 60 * 60_000;
/** How long after a fetch no other is made, by what came of it. A stranger decides what is looked for. */
const PAUSE_MS = { found: 30_000, absent: 60_000, failed: 5000 } as const;
/** Fetches that one group may make at once, and how long it takes until it has another one. */
const MAX_AT_ONCE = 10;
const REFILL_MS = 3000;
/** Requests of one group that wait for a fetch. */
const MAX_WAITING = 64;
const MAX_DOCUMENTS = 100;

interface Entry {
  document?: RemoteDocument;
  fetchedAt: number;
  last: keyof typeof PAUSE_MS;
  pauseUntil: number;
  pending?: Promise<void> | undefined;
}

interface Group {
  waiting: number;
  left: number;
  at: number;
}

/**
 * Keeps documents of other hosts that requests need before it is known who sent them. So the fetches are limited, whatever the
 * requests ask for: one at a time for each URL, a pause after each, and an allowance for each group.
 */
export class RemoteDocuments {
  readonly #options: RemoteDocumentsOptions;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();

  constructor(options: RemoteDocumentsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Finds a document. A known one is returned at once, and is fetched again in the background after ten minutes.
   *
   * @param group whose allowance a fetch uses up, such as the name of a source
   * @returns undefined when there is no such document, or the newest one lacks what is looked for
   * @throws DocumentUnavailable, also as a rejection
   */
  read(group: string, wanted: WantedDocument): RemoteDocument | undefined | Promise<RemoteDocument | undefined> {
    const entry = this.#touch(wanted.url);
    const known = this.#findKnown(entry, wanted);
    if (known !== undefined) {
      const isOld = this.#now() - entry.fetchedAt >= FRESH_MS;
      if (isOld && this.#mayFetch(entry) && this.#spend(group)) void this.#fetch(entry, wanted);
      return known;
    }
    return this.#isPaused(entry) ? this.#tell(entry, wanted) : this.#wait(group, entry, wanted);
  }

  async #wait(group: string, entry: Entry, wanted: WantedDocument): Promise<RemoteDocument | undefined> {
    const { pending } = entry;
    if (pending === undefined && !this.#spend(group)) throw new DocumentUnavailable('too many fetches');
    const state = this.#group(group);
    if (state.waiting >= MAX_WAITING) throw new DocumentUnavailable('too many requests wait');
    state.waiting += 1;
    try {
      await (pending ?? this.#fetch(entry, wanted));
    } finally {
      state.waiting -= 1;
    }
    return this.#findKnown(entry, wanted) ?? this.#tell(entry, wanted);
  }

  /** What the last fetch says of what is not known. */
  #tell(entry: Entry, { url }: WantedDocument): undefined {
    if (entry.last === 'failed') throw new DocumentUnavailable(`${url} can't be fetched`);
    return undefined;
  }

  #findKnown({ document, fetchedAt }: Entry, { has }: WantedDocument): RemoteDocument | undefined {
    return document !== undefined && this.#now() - fetchedAt < KEEP_MS && has(document) ? document : undefined;
  }

  #isPaused({ pending, pauseUntil }: Entry): boolean {
    return pending === undefined && this.#now() < pauseUntil;
  }

  #mayFetch(entry: Entry): boolean {
    return entry.pending === undefined && !this.#isPaused(entry);
  }

  /** Never rejects. */
  #fetch(entry: Entry, { url, isValid, mayBeAbsent }: WantedDocument): Promise<void> {
    const { fetch, onFailure } = this.#options;
    const run = async (): Promise<void> => {
      try {
        const found = await fetch(url);
        if (found === 'absent' ? !mayBeAbsent : !isValid(found)) throw new Error('what is expected is not there');
        entry.last = found === 'absent' ? 'absent' : 'found';
        if (found === 'absent') delete entry.document;
        else entry.document = found;
        entry.fetchedAt = this.#now();
      } catch (error) {
        entry.last = 'failed';
        onFailure?.(url, error instanceof Error ? error.message : 'unknown');
      } finally {
        entry.pauseUntil = this.#now() + PAUSE_MS[entry.last];
        entry.pending = undefined;
      }
    };
    entry.pending = run();
    return entry.pending;
  }

  #touch(url: string): Entry {
    const entry = this.#entries.get(url) ?? { fetchedAt: -Infinity, last: 'failed', pauseUntil: -Infinity };
    this.#entries.delete(url);
    this.#entries.set(url, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_DOCUMENTS) break;
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #group(name: string): Group {
    const group = this.#groups.get(name) ?? { waiting: 0, left: MAX_AT_ONCE, at: this.#now() };
    this.#groups.set(name, group);
    return group;
  }

  /** Takes one fetch out of the allowance. */
  #spend(name: string): boolean {
    const group = this.#group(name);
    const now = this.#now();
    group.left = Math.min(MAX_AT_ONCE, group.left + (now - group.at) / REFILL_MS);
    group.at = now;
    if (group.left < 1) return false;
    group.left -= 1;
    return true;
  }
}
