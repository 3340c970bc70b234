import assert from 'node:assert/strict';
import { status } from '../conformance/garudust-rows.ts';
import { hubHeaders } from '../support/signed-headers.ts';
import { readText, type Sides } from './webhook-sides.ts';

/** Something about the webhook, by the name that the page `docs/compatibility.md` gives it. */
export type Behaviours = Readonly<Record<string, (sides: Sides) => Promise<void>>>;

/** What a sender or receiver that was written for Garudust relies on, and finds here unchanged. */
export const SAME: Behaviours = {
  'the five fields': async ({ both }) => {
    for (const { name, roundTrip } of both) {
      const text = `all fields, ${name}: ü\n"quoted"`;
      const callback = await roundTrip({ text, user_id: 'u1', user_name: 'Una', session_key: `all-${name}` });
      assert.equal(readText(callback), `echo: ${text}`);
    }
  },

  'a receiver that reads `text` of a JSON POST': async ({ both }) => {
    for (const { name, roundTrip } of both) {
      const callback = await roundTrip({ text: `read me, ${name}` });
      assert.deepEqual([callback.method, callback.headers['content-type']], ['POST', 'application/json']);
      assert.equal(readText(callback), `echo: read me, ${name}`);
    }
  },

  'a failure reads `Error: …`': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      target.model.on(`fail, ${name}`, status(400));
      assert.match(readText(await roundTrip({ text: `fail, ${name}` })), /^Error: \S/);
    }
  },

  'an empty answer is an answer': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      target.model.on(`say nothing, ${name}`, { kind: 'answer', content: ' ' });
      assert.equal(readText(await roundTrip({ text: `say nothing, ${name}` })), '');
    }
  },

  '`session_key` continues a conversation': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      for (const turn of ['first', 'second']) {
        await roundTrip({ text: `${turn} turn, ${name}`, session_key: `talk-${name}` });
      }
      assert.equal(target.model.callsFor(`second turn, ${name}`)[0]?.messages.length, 3);
    }
  },

  'the signature `X-Hub-Signature-256: sha256=<hex>`': async ({ both, asked }) => {
    for (const { name, post, callbackUrl, secret } of both) {
      const text = `signature, ${name}`;
      const body = JSON.stringify({ text, callback_url: callbackUrl });
      const good = hubHeaders(secret, body)['X-Hub-Signature-256'] ?? '';
      const hex = good.slice('sha256='.length);
      for (const value of [
        '',
        hex,
        'sha256=',
        'sha256=00',
        `sha1=${hex}`,
        `sha256=${hex}00`,
        `sha256=${hex.slice(2)}`,
      ]) {
        assert.equal((await post(body, { 'X-Hub-Signature-256': value })).status, 401, `${name}: ${value}`);
      }
      assert.equal((await post(body, hubHeaders('another', body))).status, 401);
      assert.equal((await post(body, {})).status, 401);
      assert.equal(asked(text), 0);
      assert.equal((await post(body, { 'X-Hub-Signature-256': `sha256=${hex.toUpperCase()}` })).status, 202);
    }
  },

  'the signature is checked before the body': async ({ both }) => {
    for (const { post } of both)
      assert.equal((await post('no JSON', { 'X-Hub-Signature-256': 'sha256=00' })).status, 401);
  },

  'a body that is not JSON is a 400': async ({ both }) => {
    for (const { post } of both) assert.equal((await post('no JSON')).status, 400);
  },

  'a body over 2 MiB is a 413': async ({ both }) => {
    for (const { name, post } of both) {
      const text = 'x'.repeat(2_200_000);
      assert.equal((await post({ text, callback_url: 'http://192.0.2.7/' })).status, 413, name);
    }
  },
};
