import { ProblemError } from '../../protocol/problems.ts';
import type { IngressClient } from '../app-deps.ts';
import { ellipsize } from '../../values/plain-text.ts';

const MAX_SHOWN = 80;

/**
 * Refuses a user on whose behalf a client may not ask, and a task without a user where only some are permitted.
 *
 * @param userId as the task has it; it must be written exactly as in the settings
 * @param field the name that the caller gave the user: `user_id` or `principal`
 * @throws ProblemError `user_not_permitted`
 */
export function checkUser(userId: string | undefined, field: string, { id, allowedUserIds }: IngressClient): void {
  if (allowedUserIds === undefined || (userId !== undefined && allowedUserIds.includes(userId))) return;
  const message =
    userId === undefined
      ? `is missing, and the client "${id}" may ask on behalf of certain users alone: name one of them`
      : `${quote(userId)} is not among the users that the client "${id}" may ask for: name one of them, or have the operator add it to allowed_user_ids`;
  throw new ProblemError('user_not_permitted', `${field} ${message}.`, [{ field, message }]);
}

function quote(text: string): string {
  return JSON.stringify(ellipsize(text, MAX_SHOWN));
}
