import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Preset } from '../../src/sources/preset.ts';
import { PRESETS } from '../../src/sources/presets.ts';
import type { SourceOptions } from '../support/source-samples.ts';
import { compileOptions } from '../support/source-under-test.ts';

const GOOD: SourceOptions = { name: 'one', preset: 'github', secret: ['secret-one'], client: 'alpha' };

function faults(...all: readonly Partial<SourceOptions>[]): string[] {
  return compileOptions(all.map((options) => ({ ...GOOD, ...options }))).faults.map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );
}

test('every preset can be read with no more than a secret, and the token of a handshake where it says so', () => {
  for (const [preset, { scheme, documentation }] of Object.entries<Preset>(PRESETS)) {
    const handshake = documentation.settings === undefined ? {} : { token: 'verify-token' };
    const how = { handshake, ...(scheme === undefined && { scheme: 'bearer' }) };
    assert.deepEqual(faults({ preset, secret: ['c2VjcmV0LW9uZQ=='], ...how }), [], preset);
  }
});

describe('a source is refused, with its place and the fix, if', () => {
  const cases: [string, Partial<SourceOptions>, RegExp][] = [
    ['its name is taken', { name: 'webhook' }, /^webhook is reserved for tasks posted to \/webhook/],
    [
      'its preset is unknown',
      { preset: 'toString' },
      /^one\.preset is "toString", which is not a preset: write one of github,/,
    ],
    [
      'its scheme is unknown',
      { scheme: 'md5' },
      /^one\.scheme is "md5", which is not a scheme: write one of bearer, github/,
    ],
    ['nothing says how it signs', { preset: 'generic' }, /^one\.scheme is missing: set scheme, signing or oidc, or/],
    [
      'two things say how it signs',
      { scheme: 'github', signing: { header: 'X-S' } },
      /^one\.signing can't be combined with scheme/,
    ],
    [
      'its hmac does not fit together',
      { signing: { header: 'X-S', template: '{bdy}' } },
      /^one\.signing is not valid: .*\{bdy\}/,
    ],
    ['it has no secret', { secret: [] }, /^one\.secret is missing/],
    [
      'its secret is blank',
      { secret: ['good', ' '] },
      /^one\.secret is not valid: the secret must be text that is not blank/,
    ],
    [
      'its secret is no key of its scheme',
      { preset: 'standard-webhooks', secret: ['whsec_%'] },
      /^one\.secret is not valid: the secret begins with whsec_/,
    ],
    [
      'its bearer could not be sent',
      { scheme: 'bearer', secret: ['two words'] },
      /^one\.secret is not valid: the secret must be visible ASCII/,
    ],
    ['it is unsigned and has a secret', { unsigned: true }, /^one\.unsigned can't be combined with secret/],
    [
      'it is unsigned and has a scheme',
      { unsigned: true, secret: [], scheme: 'github' },
      /^one\.unsigned can't be combined with scheme/,
    ],
    ['its path is that of the API', { path: '/v1/runs' }, /^one\.path is \/v1\/runs, which is already in use/],
    ['its path is that of tasks', { path: '/webhook' }, /^one\.path is \/webhook, which is already in use/],
    [
      'its path is the second one of tasks',
      { path: '/invoke' },
      /^one\.path is \/invoke, which endpoint_path also uses/,
    ],
    ['it shows a secret header', { headers: ['X-Api-Key'] }, /^one\.headers lists x-api-key, which may carry a secret/],
    [
      'it shows the header of its signature',
      { headers: ['X-Hub-Signature-256'] },
      /^one\.headers lists x-hub-signature-256/,
    ],
    ['its text is empty', { map: { text: ' \n' } }, /^one\.map\.text is empty: write what/],
    ['its text is broken', { map: { text: '{{ x }}' } }, /^one\.map\.text uses "x"/],
    ['its session key is broken', { map: { session_key: '{{' } }, /^one\.map\.session_key is not valid Liquid/],
    ['its metadata is broken', { map: { metadata: { a: 'fine', b: '{{ x }}' } } }, /^one\.map\.metadata\.b uses "x"/],
    ['its agent is broken', { agent: '{{ event.x | y }}' }, /^one\.agent uses the unknown filter "y"/],
    ['its filter is broken', { filter: { x: 1 } }, /^one\.filter uses "x"/],
    ['its event type asks for itself', { event_type: '{{ event_type }}' }, /^one\.event_type uses "event_type"/],
    ['its delivery id asks for itself', { delivery_id: '{{ delivery_id }}' }, /^one\.delivery_id uses "delivery_id"/],
    ['it wants no type at all', { events: [] }, /^one\.events is empty/],
    [
      'it wants types and has none',
      { preset: 'generic', scheme: 'bearer', events: ['a'] },
      /^one\.events needs event_type/,
    ],
  ];
  for (const [when, options, message] of cases) {
    test(when, () => {
      const found = faults(options);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', message);
      assert.doesNotMatch(found[0] ?? '', /\.$/);
    });
  }

  test('another one has its path', () => {
    assert.deepEqual(faults({}, { name: 'two', path: '/hooks/one' }), [
      'two.path is /hooks/one, which sources.one also uses: give each its own path',
    ]);
  });
});

test('all faults of all sources are reported at once, without secrets', () => {
  const found = faults(
    { secret: ['whpk_s3cret'], filter: { $nor: [] }, map: { text: '{{ a }}', user_id: '{{ b }}' } },
    { name: 'two', agent: '{{ c }}' },
  );
  assert.deepEqual(
    found.map((line) => line.split(' ')[0]),
    ['one.secret', 'one.map.text', 'one.map.user_id', 'one.filter', 'two.agent'],
  );
  assert.doesNotMatch(found.join('\n'), /s3cret/);
});
