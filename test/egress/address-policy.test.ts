import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type EgressRules,
  type EgressTarget,
  judgeUrl,
  matchesHost,
  refuseAddresses,
} from '../../src/egress/address-policy.ts';
import { createFindOwnPlaces } from '../../src/egress/own-places.ts';
import { ACCEPTED, REFUSED } from './corpus.ts';

const A = { host: 'a.example.com', port: 443 };
const PUBLIC_ONLY: EgressRules = { allowedDomains: [], permitNetworks: [] };

function refusal(url: string, rules: EgressRules = PUBLIC_ONLY): string {
  const judged = judgeUrl(url, rules);
  assert.equal(judged.ok, false, `${url} must be refused`);
  return judged.ok ? '' : judged.message;
}

function accepted(url: string, rules: EgressRules = PUBLIC_ONLY): EgressTarget {
  const judged = judgeUrl(url, rules);
  if (!judged.ok) assert.fail(`${url} must pass: ${judged.message}`);
  return judged.target;
}

describe('the address policy', () => {
  for (const [title, rows] of Object.entries(REFUSED)) {
    test(`refuses ${title}`, () => {
      for (const [words, urls] of rows) for (const url of urls) assert.match(refusal(url), words, url);
    });
  }

  test('lets public addresses pass', () => {
    for (const url of ACCEPTED) accepted(url);
  });

  test('takes a URL apart once, as it will be dialled', () => {
    assert.deepEqual(accepted('HTTPS://BÜCHER.Example.:8443/a/../b?x=1#y'), {
      secure: true,
      host: 'xn--bcher-kva.example',
      port: 8443,
      authority: 'xn--bcher-kva.example:8443',
      path: '/b?x=1',
      addresses: undefined,
    });
    assert.deepEqual(accepted('http://[2001:4860:4860:0::8888]:80/'), {
      secure: false,
      host: '2001:4860:4860::8888',
      port: 80,
      authority: '[2001:4860:4860::8888]',
      path: '/',
      addresses: ['2001:4860:4860::8888'],
    });
    assert.equal(accepted('https://example.com').port, 443);
  });

  test('refuses a URL that is longer than a run may hold', () => {
    assert.match(refusal(`https://example.com/${'a'.repeat(8192)}`), /longer than 8192/);
    assert.match(refusal(`https://example.com/${'a'.repeat(10_000)}`), /^a URL longer than 8192 characters is refused/);
  });
});

describe('permitted networks', () => {
  const dev: EgressRules = { allowedDomains: [], permitNetworks: ['127.0.0.0/8', '::1/128', 'fd12::/16'] };

  test('open the addresses in them, in every form, and no others', () => {
    for (const url of ['http://127.0.0.1:9000/', 'http://2130706433/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/']) {
      accepted(url, dev);
    }
    accepted('http://[fd12::1]/', dev);
    for (const url of ['http://10.0.0.1/', 'http://[fd13::1]/', 'http://0.0.0.0/', 'http://[64:ff9b::7f00:1]/']) {
      refusal(url, dev);
    }
  });

  test('open localhost for the permitted loopback addresses alone', () => {
    assert.deepEqual(accepted('http://localhost:9000/', dev).addresses, ['127.0.0.1', '::1']);
    const four: EgressRules = { allowedDomains: [], permitNetworks: ['127.0.0.1'] };
    assert.deepEqual(accepted('http://x.localhost/', four).addresses, ['127.0.0.1']);
  });

  test('do not open ports, credentials and metadata names', () => {
    const all: EgressRules = { allowedDomains: [], permitNetworks: ['0.0.0.0/0', '::/0'] };
    accepted('http://169.254.169.254/', all);
    assert.match(refusal('http://127.0.0.1:7233/', all), /Temporal/);
    assert.match(refusal('http://metadata.google.internal/', all), /metadata/);
    refusal('http://a:b@127.0.0.1/', all);
  });

  test('must be networks', () => {
    for (const text of ['', '10.0.0.0/33', '::/129', '10.0.0/8', '010.0.0.0/8', 'example.com', '10.0.0.0/8/8', '1/8']) {
      assert.throws(
        () => judgeUrl('http://10.0.0.1/', { allowedDomains: [], permitNetworks: [text] }),
        new RangeError(`"${text}" is not a network: write it as 10.0.0.0/8 or fd00::/8`),
      );
    }
  });
});

describe('the listeners of this process', () => {
  const own = { ports: [8080, 9090], networks: ['127.0.0.0/8', '::1/128', '10.1.2.3'] };
  const dev: EgressRules = { allowedDomains: [], permitNetworks: ['127.0.0.0/8', '::1', '10.0.0.0/8'], own };

  test('are refused on its ports, however they are written, and whatever is permitted', () => {
    for (const host of ['127.0.0.1', '127.9', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '10.1.2.3']) {
      assert.match(refusal(`http://${host}:9090/`, dev), /^port 9090 there is this service's own port: /);
      accepted(`http://${host}:9091/`, dev);
    }
    assert.match(refuseAddresses({ host: 'a.example.com', port: 8080 }, ['10.1.2.3'], dev) ?? '', /^port 8080 there/);
  });

  test('are no others of the same port', () => {
    accepted('http://10.1.2.4:8080/', dev);
    accepted('https://example.com:8080/', dev);
    assert.equal(refuseAddresses({ host: 'a.example.com', port: 8080 }, ['8.8.8.8'], dev), undefined);
  });

  test('are found on the interfaces of this host', async () => {
    const { ports, networks } = await createFindOwnPlaces({ ports: () => [8080] })();
    assert.deepEqual(ports, [8080]);
    assert.ok(networks.includes('127.0.0.1'));
    accepted('http://127.0.0.1:8080/', { ...dev, own: undefined });
    refusal('http://127.0.0.1:8080/', { ...dev, own: { ports, networks } });
  });
});

describe('the Temporal server of this process', () => {
  const places = (temporalAddress: string, found: readonly string[]) =>
    createFindOwnPlaces({ ports: () => [], temporalAddress, resolve: () => Promise.resolve(found) });
  const permitNetworks = ['127.0.0.0/8', '::1', '10.0.0.0/8'];
  const rules = (own: EgressRules['own']): EgressRules => ({ allowedDomains: [], permitNetworks, own });

  test('is refused by name and by every address, on its port alone', async () => {
    const own = await places('temporal.svc.example:7300', ['10.0.0.7', '10.0.0.8'])();
    for (const host of ['10.0.0.7', '10.0.0.8', 'TEMPORAL.svc.example', 'temporal.svc.example.', '[::ffff:10.0.0.7]']) {
      assert.match(refusal(`http://${host}:7300/`, rules(own)), /^port 7300 there is this service's own port/);
      accepted(`http://${host}:7301/`, rules(own));
    }
    accepted('http://10.0.0.9:7300/', rules(own));
    const target = { host: 'a.example.com', port: 7300 };
    assert.match(refuseAddresses(target, ['10.0.0.8'], rules(own)) ?? '', /^port 7300 there/);
    assert.equal(refuseAddresses(target, ['10.0.0.9'], rules(own)), undefined);
  });

  test('is refused by name where only a proxy can resolve it', async () => {
    const own = await createFindOwnPlaces({
      ports: () => [],
      temporalAddress: 'Temporal.internal:7300',
      resolve: () => Promise.reject(new Error('ENOTFOUND')),
    })();
    for (const host of ['temporal.internal', 'TEMPORAL.internal.', 'temporal%2Einternal']) {
      assert.match(refusal(`https://${host}:7300/`, rules(own)), /^port 7300 there is this service's own port/);
    }
    accepted('https://temporal.internal/', rules(own));
  });

  test('is refused on every address of this host where it runs here', async () => {
    for (const address of ['localhost:7300', '127.0.0.1:7300', '[::1]:7300', 'http://localhost:7300']) {
      const own = await places(address, [])();
      for (const host of ['localhost', '127.0.0.9', '[::1]']) refusal(`http://${host}:7300/`, rules(own));
      accepted('http://10.99.99.99:7300/', rules(own));
    }
  });

  test('is looked up again, and keeps its last addresses while it can not be found', async () => {
    let [found, now, lookups]: [string[] | undefined, number, number] = [['10.0.0.7'], 0, 0];
    const find = createFindOwnPlaces({
      ports: () => [],
      temporalAddress: 'temporal.example:7300',
      resolve() {
        lookups += 1;
        return found === undefined ? Promise.reject(new Error('none')) : Promise.resolve(found);
      },
      now: () => now,
    });
    const addresses = async () => (await find()).temporal?.addresses;
    assert.deepEqual([await addresses(), await addresses(), lookups], [['10.0.0.7'], ['10.0.0.7'], 1]);
    [found, now] = [undefined, 10_001];
    assert.deepEqual([await addresses(), await addresses(), lookups], [['10.0.0.7'], ['10.0.0.7'], 2]);
    [found, now] = [['10.0.0.8'], 11_002];
    assert.deepEqual([await addresses(), lookups], [['10.0.0.8'], 3]);
  });
});

describe('allowed domains', () => {
  const only = (...allowedDomains: string[]): EgressRules => ({ allowedDomains, permitNetworks: [] });

  test('permit themselves and their subdomains, however the host is written', () => {
    for (const host of ['example.com', 'a.example.com', 'A.B.EXAMPLE.COM', 'example.com.', 'ｅxample.com']) {
      accepted(`https://${host}/`, only('example.com'));
      accepted(`https://${host}/`, only('other.org', 'Example.COM.'));
    }
    accepted('https://xn--bcher-kva.example/', only('bücher.example'));
  });

  test('permit nothing that merely looks like them', () => {
    for (const host of [
      'evil-example.com',
      'example.com.evil.com',
      'example.co',
      'com',
      'xexample.com',
      'example.com.br',
    ]) {
      assert.match(refusal(`https://${host}/`, only('example.com')), /not a permitted callback domain: /);
    }
    refusal('https://example.com@evil.com/', only('example.com'));
    refusal('https://evil.com/example.com', only('example.com'));
    refusal('https://evil.com#.example.com', only('example.com'));
    refusal('https://evil.com?.example.com', only('example.com'));
    refusal('https://example.com%2eevil.com/', only('example.com'));
  });

  test('permit no look-alike, which is named as what it is', () => {
    // Cyrillic, Greek and Latin letters that read as example.com.
    for (const host of [
      '\u0435xample.com',
      'ex\u0430mple.com',
      'example.c\u03bfm',
      'examp\u0131e.com',
      'exampl\u0435.com',
    ]) {
      assert.match(refusal(`https://${host}/`, only('example.com')), /^\S*xn--\S+ is not a permitted/);
    }
  });

  test('with *. permit subdomains alone', () => {
    accepted('https://a.example.com/', only('*.example.com'));
    refusal('https://example.com/', only('*.example.com'));
  });

  test('pass the address check all the same', () => {
    assert.match(refusal('http://10.0.0.1/', only('10.0.0.1')), /private/);
    assert.match(refusal('http://localhost/', only('localhost')), /loopback/);
    accepted('http://8.8.8.8/', only('8.8.8.8'));
    accepted('http://[2001:4860:4860::8888]/', only('[2001:4860:4860::8888]'));
    refusal('http://8.8.8.8/', only('8.8'));
    assert.match(refuseAddresses(A, ['10.0.0.1'], only('example.com')) ?? '', /not public/);
  });

  test('that are no hosts permit nothing', () => {
    for (const entry of ['', '.', '*', '*.', 'https://example.com', 'exa mple.com']) {
      refusal('https://example.com/', only(entry));
    }
  });
});

describe('what a name resolves to', () => {
  test('is refused whole when one address is forbidden, in any order', () => {
    for (const addresses of [
      ['8.8.8.8', '10.0.0.1'],
      ['10.0.0.1', '8.8.8.8'],
      ['8.8.8.8', '::1'],
      ['fe80::1%eth0'],
      ['x'],
    ]) {
      assert.ok(refuseAddresses(A, addresses, PUBLIC_ONLY));
    }
    assert.equal(refuseAddresses(A, ['8.8.8.8', '2001:4860:4860::8888'], PUBLIC_ONLY), undefined);
  });

  test('never stands in the message, and the operator’s way out does', () => {
    const message = refuseAddresses(A, ['10.1.2.3'], PUBLIC_ONLY) ?? '';
    assert.doesNotMatch(message, /10\.1/);
    assert.match(message, /^a\.example\.com .*CALLBACK_PERMIT_NETWORKS \(callback\.permit_networks\)$/);
    assert.match(refusal('http://10.0.0.1/'), /CALLBACK_PERMIT_NETWORKS \(callback\.permit_networks\)$/);
  });
});

test('no refusal repeats a password or a path', () => {
  for (const url of ['http://u:hunter2@10.0.0.1/token-1', 'http://10.0.0.1/token-1?k=hunter2', 'ftp://h/hunter2']) {
    assert.doesNotMatch(refusal(url), /hunter2|token-1/);
  }
});

test('an entry for headers matches its host alone, or with *. its subdomains alone', () => {
  const cases: [string, string, boolean][] = [
    ['ci.example.com', 'ci.example.com', true],
    ['ci.example.com', 'CI.Example.com.', true],
    ['a.ci.example.com', 'ci.example.com', false],
    ['a.ci.example.com', '*.ci.example.com', true],
    ['ci.example.com', '*.ci.example.com', false],
    ['evilci.example.com', '*.ci.example.com', false],
    ['evilci.example.com', 'ci.example.com', false],
    ['ci.example.com.evil.test', 'ci.example.com', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '*.0.0.1', false],
    ['::1', '[::1]', true],
    ['ci.example.com', '', false],
    ['ci.example.com', '*.', false],
  ];
  for (const [host, entry, expected] of cases) assert.equal(matchesHost(host, entry), expected, `${host} by ${entry}`);
});
