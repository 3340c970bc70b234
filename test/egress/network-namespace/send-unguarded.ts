/** What a sender without a guard does with the same URLs; it shows that the watcher sees it. */
import { PUBLIC_ADDRESSES, REDIRECT_PORT, REFUSED_URLS } from './addresses.ts';
import { startReceivers } from './start-receivers.ts';

const receivers = await startReceivers();
const [address] = PUBLIC_ADDRESSES;
for (const [index, url] of REFUSED_URLS.entries()) {
  for (const target of [url, `http://${address}:${REDIRECT_PORT}/${index}`]) {
    const signal = AbortSignal.timeout(2000);
    await fetch(target, { method: 'POST', body: '{}', signal }).catch(() => undefined);
  }
}
receivers.close();
