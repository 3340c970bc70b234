import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { reportMissingTool } from '../support/missing-tool.ts';
import { ACCEPTED } from './corpus.ts';
import {
  FORBIDDEN_ADDRESSES,
  PERMITTED_ADDRESSES,
  PROXY_ADDRESS,
  PROXY_PORT,
  REFUSED_URLS,
} from './network-namespace/addresses.ts';
import { findNamespace, type RunInNamespace, type Sent } from './network-namespace/in-namespace.ts';
import type { ProxiedReport, Report } from './network-namespace/report.ts';

/** A proxy of the environment that would take every request, at a forbidden address. */
const PROXY = `http://${PROXY_ADDRESS}:${PROXY_PORT}`;
const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];

/** Addresses that nobody must reach, each of which a sender without a guard does reach. */
const REACHED_UNGUARDED = [
  ...['127.0.0.1', '10.0.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '169.254.169.254', '168.63.129.16'],
  ...['198.18.0.1', '240.0.0.1', '::1', 'fc00::1', 'fd00:ec2::254', '64:ff9b::7f00:1', '2002:a00:1::1', '4000::1'],
];

/** Where connections were opened to, each address once. */
function dialled({ packets }: Sent): string[] {
  return [...new Set(packets.flatMap(([kind, address]) => (kind === 'syn' ? [address] : [])))].toSorted();
}

/** Fails where the watcher may have missed one. */
function checkComplete({ packets, dropped, opened }: Sent): void {
  assert.equal(dropped, 0);
  assert.ok(opened > 0);
  assert.equal(packets.filter(([kind]) => kind === 'syn').length, opened);
}

describe('the SYNs that leave a network namespace in which every address answers', () => {
  let inNamespace: RunInNamespace | undefined;
  before(async () => {
    inNamespace = await findNamespace();
    if (inNamespace !== undefined) return;
    reportMissingTool(
      'unshare, ip and python3, with the right to a network namespace',
      'that no SYN leaves for a forbidden address',
    );
  });

  test('without a guard go to forbidden addresses, directly and by redirects, and are counted', async () => {
    if (inNamespace === undefined) return;
    const sent = await inNamespace('send-unguarded.ts');
    checkComplete(sent);
    const reached = dialled(sent);
    assert.deepEqual(
      REACHED_UNGUARDED.filter((address) => !reached.includes(address)),
      [],
    );
  });

  test('with the guard go to permitted addresses alone', async () => {
    if (inNamespace === undefined) return;
    const proxies = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, PROXY]));
    const sent = await inNamespace('send-guarded.ts', { ...proxies, NO_PROXY: '', NODE_USE_ENV_PROXY: '1' });
    checkComplete(sent);
    assert.deepEqual(dialled(sent), PERMITTED_ADDRESSES);

    const report = JSON.parse(sent.said) as Report;
    const asked = new Set(sent.packets.flatMap(([kind, ...to]) => (kind === 'udp' ? [to.join(':')] : [])));
    // Answers of the name server go to a port of the resolver's.
    assert.deepEqual([...new Set([...asked].map((to) => to.split(':')[0]))], [report.nameServer.split(':')[0]]);
    assert.ok(asked.has(report.nameServer));
    checkResults(report);
  });

  test('with an egress proxy go to the proxy alone, for permitted URLs alone, and no name is asked for', async () => {
    if (inNamespace === undefined) return;
    const sent = await inNamespace('send-proxied.ts');
    checkComplete(sent);
    assert.deepEqual(dialled(sent), [PROXY_ADDRESS]);
    assert.deepEqual(
      sent.packets.filter(([kind]) => kind === 'udp'),
      [],
    );
    const { asked, results } = JSON.parse(sent.said) as ProxiedReport;
    assert.deepEqual(asked.length, ACCEPTED.length);
    assert.deepEqual([...new Set(results)], ['refused_by_policy']);
  });
});

/** Each URL was refused or sent as it must be: an empty run would have no forbidden SYN either. */
function checkResults({ sent }: Report): void {
  const rest = [...sent];
  const refused = rest.splice(0, REFUSED_URLS.length);
  const accepted = rest.splice(0, ACCEPTED.length);
  const redirects = rest.splice(-REFUSED_URLS.length);
  const flips = rest.splice(-FORBIDDEN_ADDRESSES.length);
  const isRefused = ({ early, result }: Report['sent'][number]): boolean =>
    early === 'refused' && result === 'refused_by_policy';
  assert.deepEqual(
    refused.filter((one) => !isRefused(one)),
    [],
  );
  assert.deepEqual(
    accepted.filter(({ early, result }) => early !== 'passed' || !/^200$|^connect$|^tls$/.test(result)),
    [],
  );
  assert.deepEqual(
    rest.filter((one) => !isRefused(one)),
    [],
  );
  assert.equal(rest.length, 4 * FORBIDDEN_ADDRESSES.length);
  assert.deepEqual(
    flips.filter(({ early, result }) => early !== 'passed' || result !== 'refused_by_policy'),
    [],
  );
  assert.deepEqual(
    redirects.filter(({ result }) => result !== '307'),
    [],
  );
}
