import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import {
  FIRST_KEY,
  FOREIGN_KEY,
  PUSH_AUDIENCE,
  REMOTE_KEY_SAMPLES,
  pushClaims,
  rs256,
} from '../support/remote-key-samples.ts';
import {
  type LibraryName,
  LOAD_LIBRARY,
  loadGoogleAuth,
  loadRivet,
  type Signed,
  type ToSign,
} from '../support/sender-libraries.ts';
import { SOURCE_SAMPLES, type SourceSample } from '../support/source-samples.ts';
import { startSource } from '../support/source-under-test.ts';
import { SENDERS_URL, VENDOR_SAMPLES } from '../support/vendor-samples.ts';
import { signsUrl } from '../conformance/forgeries.ts';

const INSTALLATION_MS = 240_000;
const nowS = (): number => Math.floor(Date.now() / 1000);

/** How a library judges times that we refuse, whatever it signs or verifies otherwise. */
interface Times {
  readonly old: boolean;
  readonly future: boolean;
}

const PRESETS: Readonly<Record<LibraryName, Times | undefined>> = {
  // Those that take future times have no bound for them.
  hubspot: { old: false, future: true },
  slack: { old: false, future: false },
  square: undefined,
  paddle: { old: false, future: true },
  meta: undefined,
  // It looks at no time.
  zoom: { old: true, future: true },
};

interface Case {
  readonly what: string;
  readonly signed: ToSign;
  readonly sent: string;
  readonly taken: boolean;
  readonly byLibrary: boolean;
}

/** A delivery that is genuine, and the ways in which one is not. */
function listCases(name: string, sample: SourceSample, times: Times | undefined): Case[] {
  const event = JSON.parse(sample.body) as object | [object];
  Object.assign(Array.isArray(event) ? event[0] : event, { note: 'Grüße ♥ \\ "quoted" </a>' });
  const body = JSON.stringify(event);
  const good: ToSign = { body, secret: `${name}-secret`, url: SENDERS_URL + name, at: nowS() };
  const bad = (what: string, changes: Partial<ToSign>, byLibrary = false, sent = body): Case => ({
    what,
    signed: { ...good, ...changes },
    sent,
    taken: false,
    byLibrary,
  });
  return [
    { what: 'genuine', signed: good, sent: body, taken: true, byLibrary: true },
    bad('by another key', { secret: 'another-secret' }),
    bad('for another body', {}, false, body.replace('♥', '♦')),
    ...(signsUrl(sample) ? [bad('for another URL', { url: `https://evil.example/hooks/${name}` })] : []),
    ...(times === undefined ? [] : [bad('old', { at: good.at - 400 }, times.old)]),
    ...(times === undefined ? [] : [bad('of the future', { at: good.at + 400 }, times.future)]),
  ];
}

async function expectTaken(t: TestContext, sample: SourceSample, all: readonly (Case & { delivery: Signed })[]) {
  const source = await startSource(t, sample);
  for (const { what, taken, delivery } of all) {
    const response = await source.send(delivery);
    assert.equal(response.ok ? 'taken' : response.status, taken ? 'taken' : 401, `${what}: ${await response.text()}`);
  }
  assert.equal(new Set(source.ingress.runs.started.map(({ runId }) => runId)).size, 1);
}

describe('the own library of the sender agrees:', () => {
  for (const [name, times] of Object.entries(PRESETS)) {
    test(name, { timeout: INSTALLATION_MS }, async (t) => {
      // Zoom's library writes every event to the console.
      t.mock.method(console, 'debug', () => undefined);
      const { judge, sign } = (await LOAD_LIBRARY[name as LibraryName]()) ?? {};
      const sample = VENDOR_SAMPLES[name] ?? SOURCE_SAMPLES[name];
      assert.ok(sample);
      const cases = listCases(name, sample, times);
      if (judge !== undefined) {
        const all = cases.map((one) => {
          const { body, secret, at, url } = one.signed;
          return { ...one, delivery: { body: one.sent, headers: sample.sign(body, secret, at, { url }) } };
        });
        const said = await judge(all.map(({ delivery }) => delivery));
        for (const [index, { what, byLibrary }] of all.entries()) assert.equal(said[index], byLibrary, what);
        await expectTaken(t, sample, all);
      }
      if (sign !== undefined) {
        const headers = await sign(cases.map(({ signed }) => signed));
        const all = cases.map((one, index) => ({
          ...one,
          delivery: { body: one.sent, headers: headers[index] ?? {} },
        }));
        await expectTaken(t, sample, all);
      }
    });
  }

  test('zoom, on what its first request is answered', { timeout: INSTALLATION_MS }, async (t) => {
    t.mock.method(console, 'debug', () => undefined);
    const rivet = await loadRivet('zoom-secret');
    const { zoom: sample } = VENDOR_SAMPLES;
    if (rivet === undefined || sample === undefined) return;
    const payload = { plainToken: 'qgg8vlvZRS6UYooatFL8Aw' };
    const body = JSON.stringify({ payload, event_ts: 1654503849680, event: 'endpoint.url_validation' });
    const headers = sample.sign(body, 'zoom-secret', nowS());
    const theirs = await rivet({ body, headers, isBase64Encoded: false });
    const ours = await (await startSource(t, sample)).send({ body, headers });
    assert.equal(ours.status, theirs.statusCode);
    assert.deepEqual(await ours.json(), JSON.parse(theirs.body));
  });

  test('google-pubsub', { timeout: INSTALLATION_MS }, async (t) => {
    const verify = await loadGoogleAuth();
    const { 'google-pubsub': sample } = REMOTE_KEY_SAMPLES;
    if (verify === undefined || sample === undefined) return;
    const source = await startSource(t, sample);
    const keys = { [FIRST_KEY.kid]: String(FIRST_KEY.publicKey.export({ type: 'spki', format: 'pem' })) };
    const claims = pushClaims(nowS());
    for (const [what, token, taken] of [
      ['genuine', rs256(claims, FIRST_KEY), true],
      ['by another key of that id', rs256(claims, FOREIGN_KEY), false],
      ['for another audience', rs256({ ...claims, aud: 'https://evil.example' }, FIRST_KEY), false],
      ['of another issuer', rs256({ ...claims, iss: 'https://evil.example' }, FIRST_KEY), false],
      ['expired', rs256(pushClaims(nowS() - 4000), FIRST_KEY), false],
      ['of the future', rs256(pushClaims(nowS() + 1000), FIRST_KEY), false],
    ] as const) {
      const verdict = verify(token, keys, PUSH_AUDIENCE, ['https://accounts.google.com']);
      if (taken) await verdict;
      else await assert.rejects(verdict, what);
      const response = await source.send({ headers: { Authorization: `Bearer ${token}` } });
      assert.equal(response.status, taken ? 204 : 401, what);
    }
  });
});
