import { ProblemError } from '../../protocol/problems.ts';
import type { AppDeps, IngressClient } from '../app-deps.ts';

/**
 * Refuses a callback address that policy forbids to a client.
 *
 * @param field the name that the caller gave the address: `callback_url` or `response_uri`
 * @throws ProblemError `callback_url_refused`
 */
export async function checkCallbackUrl(
  url: string,
  field: string,
  client: IngressClient,
  deps: Pick<AppDeps, 'checkUrl' | 'callback'>,
): Promise<void> {
  const verdict = await deps.checkUrl(url, {
    allowedDomains: client.allowedCallbackDomains,
    permitNetworks: deps.callback.permitNetworks,
  });
  if (verdict.ok) return;
  const { message } = verdict;
  throw new ProblemError('callback_url_refused', `${field}: ${message}`, [{ field, message }]);
}
