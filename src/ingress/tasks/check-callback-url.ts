import { ProblemError } from '../../protocol/problem-error.ts';
import type { IngressClient } from '../ingress-client.ts';

/** The verdict of the egress policy on a callback URL. */
export type UrlVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Checks a callback URL as the caller wrote it. */
export type CheckUrl = (
  text: string,
  rules: { readonly allowedDomains: readonly string[]; readonly permitNetworks: readonly string[] },
) => Promise<UrlVerdict>;

export interface CallbackUrlDeps {
  readonly checkUrl: CheckUrl;
  /** `permitNetworks`: private networks in CIDR form that the operator permits. */
  readonly callback: { readonly permitNetworks: readonly string[] };
}

/**
 * Refuses a callback URL that the policy forbids to a client.
 *
 * @param field the caller's name for the URL: `callback_url` or `response_uri`
 * @throws ProblemError `callback_url_refused`
 */
export async function checkCallbackUrl(
  url: string,
  field: string,
  client: Pick<IngressClient, 'allowedCallbackDomains'>,
  { checkUrl, callback }: CallbackUrlDeps,
): Promise<void> {
  const verdict = await checkUrl(url, {
    allowedDomains: client.allowedCallbackDomains,
    permitNetworks: callback.permitNetworks,
  });
  if (verdict.ok) return;
  const { message } = verdict;
  throw new ProblemError('callback_url_refused', `${field}: ${message}`, [{ field, message }]);
}
