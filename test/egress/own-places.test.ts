import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { describe, test } from 'node:test';
import { createFindOwnPlaces } from '../../src/egress/own-places.ts';

const face = (address: string): os.NetworkInterfaceInfo => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: false,
  cidr: `${address}/24`,
});

describe('own places', () => {
  test('ask the system for the addresses of this host once in 10 s', async (t) => {
    let address = '192.0.2.1';
    const asked = t.mock.method(os, 'networkInterfaces', () => ({ eth0: [face(address)] }));
    syncBuiltinESMExports();
    t.after(() => {
      asked.mock.restore();
      syncBuiltinESMExports();
    });
    let now = 0;
    const find = createFindOwnPlaces({ ports: () => [8080], now: () => now });
    assert.ok((await find()).networks.includes('192.0.2.1'));
    address = '192.0.2.2';
    now = 9999;
    assert.ok((await find()).networks.includes('192.0.2.1'));
    assert.equal(asked.mock.callCount(), 1);
    now = 10_000;
    assert.ok((await find()).networks.includes('192.0.2.2'));
    assert.equal(asked.mock.callCount(), 2);
  });
});
