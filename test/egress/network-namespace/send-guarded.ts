/** Sends to every URL that is refused or permitted, in every way that there is to hide where it leads. Prints a `Report`. */
import { createCheckUrl } from '../../../src/egress/check-url.ts';
import { EgressError } from '../../../src/egress/egress-error.ts';
import { guardedPost } from '../../../src/egress/guarded-request.ts';
import { createResolveHost } from '../../../src/egress/resolve-host.ts';
import { ACCEPTED } from '../corpus.ts';
import { startDns, type Zone } from '../dns-server.ts';
import { FORBIDDEN_ADDRESSES, PUBLIC_ADDRESSES, REDIRECT_PORT, REFUSED_URLS } from './addresses.ts';
import type { Report, SentUrl } from './report.ts';
import { startReceivers } from './start-receivers.ts';

const RULES = { allowedDomains: [], permitNetworks: [] };
const [PUBLIC_IPV4, PUBLIC_IPV6] = PUBLIC_ADDRESSES;

/** What a name has that hides the n-th forbidden address, by its first label. */
const HIDDEN: Readonly<Record<string, (address: string, nth: number) => Zone>> = {
  alone: (address) => [address],
  last: (address) => [PUBLIC_IPV4, PUBLIC_IPV6, address],
  first: (address) => [address, PUBLIC_IPV4, PUBLIC_IPV6],
  alias: (address) => ({ cname: 'vault.corp.internal', addresses: [address] }),
  flips: (address, nth) => (nth === 0 ? [PUBLIC_IPV4] : [address]),
};

const closing: (() => void)[] = [];
const receivers = await startReceivers();
const dns = await startDns({ after: (close) => void closing.push(close as () => void) }, (name, nth) => {
  const [way = '', index = ''] = name.split('.');
  return HIDDEN[way]?.(FORBIDDEN_ADDRESSES[Number(index)] ?? '', nth) ?? PUBLIC_ADDRESSES;
});
const resolve = createResolveHost({ servers: [dns.server], askSystem: () => Promise.reject(new Error('ENOTFOUND')) });
const check = createCheckUrl({ resolve });
const sent: SentUrl[] = [];

/** As a run does it: judged before the 202, and again when it is sent. */
async function send(url: string): Promise<SentUrl> {
  const verdict = await check(url, RULES);
  const result = await guardedPost({ url, headers: {}, body: '{}', timeoutMs: 5000, rules: RULES, resolve }).then(
    ({ statusCode }) => String(statusCode),
    (error: unknown) => (error instanceof EgressError ? error.errorClass : String(error)),
  );
  return { url, early: verdict.ok ? 'passed' : 'refused', result };
}

for (const url of [...REFUSED_URLS, ...ACCEPTED]) sent.push(await send(url));
for (const way of Object.keys(HIDDEN)) {
  for (const index of FORBIDDEN_ADDRESSES.keys()) sent.push(await send(`http://${way}.${index}.example.com/`));
}
for (const index of REFUSED_URLS.keys()) sent.push(await send(`http://leads.example.com:${REDIRECT_PORT}/${index}`));

const report: Report = { nameServer: dns.server, sent };
process.stdout.write(JSON.stringify(report));
receivers.close();
for (const close of closing) close();
