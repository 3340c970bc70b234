import { setCurrentDetails } from '@temporalio/workflow';
import { ellipsize } from '../values/plain-text.ts';

/** Temporal takes 20,000 bytes of details, and a UTF-16 unit has at most three. */
const MAX_DETAILS = 6000;

/**
 * Says where a workflow stands, as Current Details of the Temporal UI, at no event. The next one replaces it.
 *
 * @param progress Markdown, of which 6,000 characters are kept
 * @example
 * emit(`Round ${round}: the judge gave ${score} of 10`);
 */
export function emit(progress: string): void {
  setCurrentDetails(ellipsize(progress, MAX_DETAILS));
}
