import { SESSION_POLICIES } from '../contract/session.ts';
import { optionalSetting } from './setting.ts';
import { oneOf } from './texts.ts';

/**
 * What becomes of a task whose session has a run already; absent where the next rule decides.
 *
 * @param otherwise the next rule, in words
 */
export function sessionPolicy(otherwise: string, help: string) {
  return optionalSetting(oneOf(SESSION_POLICIES), { defaultText: otherwise, help });
}
