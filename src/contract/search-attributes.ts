import { cutText } from '../values/plain-text.ts';

/**
 * Search attributes of a run, of the types in `SEARCH_ATTRIBUTE_TYPES`. Register them on the Temporal server before the first run.
 *
 * @example
 * client.workflow.list({ query: `${SEARCH_ATTRIBUTE.callback} = 'dead'` });
 */
export const SEARCH_ATTRIBUTE = {
  client: 'GarudustClient',
  source: 'GarudustSource',
  agent: 'GarudustAgent',
  session: 'GarudustSession',
  user: 'GarudustUser',
  callback: 'GarudustCallback',
  metadata: 'GarudustMetadata',
  /** The failure type of an agent at fault for which the run waits. Absent otherwise, to save history events. */
  waiting: 'GarudustWaiting',
} as const;

/**
 * Temporal's own attribute of workflows with paused activities, and its value for a paused agent. Temporal Server sets it from
 * 1.28 on.
 */
export const PAUSE_INFO = { name: 'TemporalPauseInfo', agent: 'property:activityType=runAgent' } as const;

export type SearchAttributeName = (typeof SEARCH_ATTRIBUTE)[keyof typeof SEARCH_ATTRIBUTE];

/** A type of search attributes, as the Temporal CLI spells it. */
export type SearchAttributeType = 'Keyword' | 'KeywordList';

/** The type of each, in the order in which `setup` registers them. */
export const SEARCH_ATTRIBUTE_TYPES: Readonly<Record<SearchAttributeName, SearchAttributeType>> = {
  GarudustClient: 'Keyword',
  GarudustSource: 'Keyword',
  GarudustAgent: 'Keyword',
  GarudustSession: 'Keyword',
  GarudustUser: 'Keyword',
  GarudustCallback: 'Keyword',
  GarudustMetadata: 'KeywordList',
  GarudustWaiting: 'Keyword',
};

/** All names, in the same order. */
export const SEARCH_ATTRIBUTE_NAMES = Object.keys(SEARCH_ATTRIBUTE_TYPES) as readonly SearchAttributeName[];

/** Values of `GarudustCallback`. Absent when the first attempt succeeds, to save a history event. */
export type CallbackMark = 'retrying' | 'dead' | 'delivered';

const MAX_CHARACTERS = 255;

/**
 * Cleans a caller's text for a Keyword.
 *
 * Temporal accepts a Keyword over 255 characters or with a NUL at start, but on PostgreSQL it then never lists the run.
 *
 * @returns the text without control characters and lone surrogates, at most 255 characters; undefined when nothing
 * remains.
 */
export function toKeyword(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const clean = text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- removes control characters
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return cutText(clean, MAX_CHARACTERS) || undefined;
}
