import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/**
 * Whether a host is on an allow-list. An entry permits itself and its subdomains, `*.example.com` the subdomains alone;
 * an IP address permits itself. An entry that is no host permits nothing.
 *
 * @param host lower-case, in punycode, without trailing dot and brackets
 * @param entries as an operator writes them; none: every host
 */
export function isAllowedDomain(host: string, entries: readonly string[]): boolean {
  return entries.length === 0 || entries.some((entry) => matches(host, entry));
}

function matches(host: string, entry: string): boolean {
  const wildcard = entry.startsWith('*.');
  const bare = wildcard ? entry.slice(2) : entry.replace(/^\[(.*)\]$/, '$1');
  const domain = isIP(bare) === 0 ? domainToASCII(bare).replace(/\.$/, '') : bare.toLowerCase();
  if (domain === '') return false;
  return (!wildcard && host === domain) || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}
