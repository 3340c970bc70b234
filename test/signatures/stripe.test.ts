import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { SCHEMES } from '../../src/signatures/schemes.ts';

const { stripe } = SCHEMES;

const BODY = '{"id":"evt_1"}';
const TIME = 1533204620;
const SECRET = 'webhook_secret';
const V1 = createHmac('sha256', SECRET).update(`${TIME}.${BODY}`).digest('hex');
const OTHER = V1.replaceAll(/[0-7]/g, '8');

function verify(header: string, nowS = TIME) {
  const headers = { 'stripe-signature': header };
  return stripe.verify({ headers, body: Buffer.from(BODY), secrets: [SECRET], now: nowS * 1000 });
}

describe('is refused:', () => {
  const bad = [
    `t=,v1=${V1}`,
    't,v1=,v0=',
    't,v1=,',
    `t,v1=${V1}`,
    `v1=${V1}`,
    `t=${TIME}`,
    `t=${TIME},v1=`,
    `t=${TIME},v1=${OTHER}`,
    `t=${TIME},v1=${V1.slice(0, 8)}`,
    `t=${TIME},v0=${V1}`,
    `t=${TIME},v2=${V1}`,
    `t=${TIME},V1=${V1}`,
    `t=${TIME};v1=${V1}`,
    `t=${TIME},t=${TIME},v1=${V1}`,
    `t=${TIME}.0,v1=${V1}`,
    `t=${TIME}abc,v1=${V1}`,
    `t=+${TIME},v1=${V1}`,
    `t=0${TIME},v1=${V1}`,
    `t=${TIME},v1=${V1},`,
    `t=${TIME},v1=${V1},junk`,
    `t= ${TIME},v1=${V1}`,
    '=',
    ',',
    '',
  ];
  for (const header of bad)
    test(`"${header}"`, () => assert.deepEqual(verify(header), { ok: false, reason: 'signature_invalid' }));
});

describe('holds:', () => {
  const good = [
    `t=${TIME},v1=${V1}`,
    `v1=${V1},t=${TIME}`,
    `t=${TIME},v1=${OTHER},v1=${V1},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`,
    `t=${TIME},v1=${V1.toUpperCase()}`,
  ];
  for (const header of good)
    test(`"${header}"`, () => assert.deepEqual(verify(header), { ok: true, deliveryId: 'evt_1' }));
});

test('a time from the future is refused too', () => {
  assert.deepEqual(verify(`t=${TIME},v1=${V1}`, TIME - 301), { ok: false, reason: 'timestamp_out_of_window' });
});
