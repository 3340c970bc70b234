import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Problem } from '../../src/protocol/problem-error.ts';
import { type RunResource, runResource } from '../../src/protocol/run-resource.ts';
import { chat, hold } from '../conformance/garudust-calls.ts';
import { LLM_SECRET, status } from '../conformance/garudust-rows.ts';
import { hubHeaders, standardHeaders } from '../support/signed-headers.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Behaviours } from './webhook-same.ts';
import { readText, type SideReply } from './webhook-sides.ts';

/** Where we differ from Garudust on purpose, by the names in `docs/compatibility.md`. */
export const DIFFERENT: Behaviours = {
  'the 202': async ({ both }) => {
    for (const { name, post, callbackUrl } of both) {
      const { status: code, text, headers } = await post({ text: `202, ${name}`, callback_url: callbackUrl });
      assert.equal(code, 202);
      if (name === 'garudust') assert.equal(text, '');
      else assert.equal(headers.get('location'), `/v1/runs/${readRun(text).id}`);
    }
  },

  'a field that is missing or of a wrong type': async ({ both }) => {
    const bad = [{ callback_url: 'http://192.0.2.7/' }, { text: null, callback_url: 'http://192.0.2.7/' }, { text: 5 }];
    for (const body of bad) {
      for (const { name, post } of both) {
        const reply = await post(body);
        if (name === 'garudust') assert.deepEqual([reply.status, reply.text], [400, '']);
        else assertProblem(reply, 422, 'invalid_task', 'text');
      }
    }
  },

  'an unknown field': async ({ both }) => {
    for (const { name, post, callbackUrl } of both) {
      const reply = await post({ text: `unknown, ${name}`, callback_url: callbackUrl, prio: 1 });
      if (name === 'garudust') assert.equal(reply.status, 202);
      else assertProblem(reply, 422, 'invalid_task', 'prio');
    }
  },

  'a blank `text`': async ({ both }) => {
    for (const { name, post, callbackUrl } of both) {
      const reply = await post({ text: ' \n', callback_url: callbackUrl });
      if (name === 'garudust') assert.deepEqual([reply.status, reply.text], [202, '']);
      else assertProblem(reply, 422, 'invalid_task', 'text');
    }
  },

  'no `callback_url`': async ({ garudust, here, ask }) => {
    assert.equal((await garudust.post({ text: 'no callback' })).status, 400);
    const { id } = readRun((await here.post({ text: 'no callback, here' })).text);
    assert.equal(readRun(await (await ask(`/v1/runs/${id}?wait=20`)).text()).output, 'echo: no callback, here');
  },

  'an unusable `callback_url`': async ({ garudust, here, asked }) => {
    for (const url of ['nonsense', 'ftp://example.com/', 'http://169.254.169.254/']) {
      const text = `to ${url}`;
      assert.equal((await garudust.post({ text, callback_url: url })).status, 202);
      await waitFor('the run whose answer is dropped', () => asked(text) === 1);
      const reply = await here.post({ text: `${text}, here`, callback_url: url });
      assertProblem(reply, 422, 'callback_url_refused', 'callback_url');
      assert.equal(asked(`${text}, here`), 0);
    }
  },

  'the Content-Type': async ({ both }) => {
    for (const { name, post, callbackUrl, secret } of both) {
      const body = JSON.stringify({ text: `plain, ${name}`, callback_url: callbackUrl });
      const reply = await post(body, { ...hubHeaders(secret, body), 'Content-Type': 'text/plain' });
      assert.equal(reply.status, name === 'garudust' ? 202 : 415);
    }
  },

  'a body from 1 to 2 MiB': async ({ both }) => {
    for (const { name, post } of both) {
      const { status: code } = await post({ text: 'x'.repeat(1_500_000), callback_url: 'http://192.0.2.7/' });
      assert.equal(code, name === 'garudust' ? 202 : 413);
    }
  },

  'other ways to sign': async ({ both }) => {
    for (const { name, post, callbackUrl, secret } of both) {
      const body = JSON.stringify({ text: `standard, ${name}`, callback_url: callbackUrl });
      assert.equal(
        (await post(body, standardHeaders(secret, body, { id: randomUUID() }))).status,
        name === 'garudust' ? 401 : 202,
      );
    }
  },

  'other words for the fields': async ({ both }) => {
    for (const { name, post, callbackUrl } of both) {
      const { status: code } = await post({ directive: `words, ${name}`, response_uri: callbackUrl });
      assert.equal(code, name === 'garudust' ? 400 : 202);
    }
  },

  'no secret': async ({ startGarudust }) => {
    const open = await startGarudust({ hmacSecret: undefined });
    try {
      const body = JSON.stringify({ text: 'from anybody', callback_url: 'http://192.0.2.7/' });
      const response = await fetch(open.webhookUrl, { method: 'POST', body });
      assert.equal(response.status, 202);
    } finally {
      await open.close();
    }
    assert.throws(() => loadConfig({ mode: 'production', env: {}, cwd: '/', file: false, flags: {} }), ConfigError);
  },

  'the signature of a callback': async ({ both }) => {
    for (const { name, roundTrip, secret } of both) {
      const { headers, body } = await roundTrip({ text: `signed, ${name}` });
      const signatures = Object.keys(headers).filter((header) => /signature|webhook/.test(header));
      if (name === 'garudust') assert.deepEqual(signatures, []);
      else {
        const [id, timestampS] = [String(headers['webhook-id']), Number(headers['webhook-timestamp'])];
        const standard = standardHeaders(secret, body, { id, timestampS })['webhook-signature'];
        assert.equal(headers['webhook-signature'], standard);
        assert.equal(headers['x-hub-signature-256'], hubHeaders(secret, body)['X-Hub-Signature-256']);
      }
    }
  },

  'a repeated delivery': async ({ both, asked }) => {
    const id = randomUUID();
    for (const { name, post, callbackUrl, secret } of both) {
      const text = `repeat, ${name}`;
      const body = JSON.stringify({ text, callback_url: callbackUrl });
      const headers = { ...hubHeaders(secret, body), 'X-GitHub-Delivery': id };
      const [, second] = [await post(body, headers), await post(body, headers)];
      assert.equal(second.status, 202);
      if (name === 'garudust') await waitFor('the second run', () => asked(text) === 2);
      else assert.equal(second.headers.get('idempotent-replayed'), 'true');
    }
    assert.ok(asked('repeat, here') <= 1);
  },

  'status and cancel': async ({ garudust, here, ask, target }) => {
    const release = hold(target, 'to be canceled', 'too late');
    const reply = await here.post({ text: 'to be canceled', callback_url: here.callbackUrl });
    const { links } = readRun(reply.text);
    await waitFor('the model call', () => target.model.callsFor('to be canceled').length === 1);
    assert.equal(readRun(await (await ask(links.self)).text()).terminal, false);
    assert.equal((await ask(`${links.self}/cancel`, 'POST')).status, 202);
    assert.equal(readRun(await (await ask(`${links.self}?wait=20`)).text()).status, 'canceled');
    for (const path of [links.self, '/runs', '/webhook/cancel']) {
      assert.equal((await fetch(new URL(path, garudust.url))).status, 404);
    }
    release();
  },

  'the text of a failure': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      target.model.on(`raw, ${name}`, status(503));
      const { body } = await roundTrip({ text: `raw, ${name}` });
      assert.equal(body.includes(LLM_SECRET), name === 'garudust', body);
    }
  },

  'a text such as `/whoami`': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      const text = readText(await roundTrip({ text: '/whoami' }));
      if (name === 'garudust') assert.equal(target.model.callsFor('/whoami').length, 0);
      else assert.equal(text, 'echo: /whoami');
    }
  },

  'whose conversation it is': async ({ here, target }) => {
    await chat(target, { message: 'of the operator', session_key: 'shared' });
    await here.roundTrip({ text: 'of a client', session_key: 'shared' });
    assert.equal(target.model.callsFor('of a client')[0]?.messages.length, 1);
  },

  'no `session_key`': async ({ both, target }) => {
    for (const { name, roundTrip } of both) {
      for (const when of ['before', 'after']) await roundTrip({ text: `${when}, ${name}` }, 'one-address');
      const { messages } = target.model.callsFor(`after, ${name}`)[0] ?? assert.fail();
      assert.equal(messages.length, name === 'garudust' ? 3 : 1);
    }
  },
};

/** The same, of a receiver that takes none: it answers 500, and at the path `redirect` 302 to `/elsewhere`. */
export const DIFFERENT_WHEN_NOT_TAKEN: Behaviours = {
  'a callback that is not accepted': async ({ garudust, here }) => {
    await garudust.roundTrip({ text: 'not taken, there' }, 'refuse');
    const first = await here.roundTrip({ text: 'not taken, here' }, 'refuse');
    const second = await here.callback('/cb/refuse', 2);
    assert.equal(first.body, second.body);
    assert.equal(first.headers['webhook-id'], second.headers['webhook-id']);
    assert.equal(garudust.received.length, 1);
  },

  'a callback that is redirected': async ({ garudust, here }) => {
    await garudust.roundTrip({ text: 'redirected, there' }, 'redirect');
    assert.equal((await garudust.callback('/elsewhere', 1)).method, 'GET');
    await here.roundTrip({ text: 'redirected, here' }, 'redirect');
    await here.callback('/cb/redirect', 2);
    assert.equal(
      here.received.some(({ path }) => path === '/elsewhere'),
      false,
    );
  },
};

function readRun(text: string): RunResource {
  return runResource.parse(JSON.parse(text));
}

function assertProblem(reply: SideReply, code: number, problem: Problem['code'], field: string): void {
  const body = JSON.parse(reply.text) as Problem;
  assert.deepEqual([reply.status, body.code], [code, problem]);
  assert.ok(reply.text.includes(field), reply.text);
}
