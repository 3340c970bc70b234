import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCHEMES, type SchemeName } from '../../src/signatures/schemes.ts';
import { PRESETS, type PresetName } from '../../src/sources/presets.ts';
import { type SampleName, SOURCE_SAMPLES } from '../support/source-samples.ts';
import { REMOTE_KEY_SAMPLES, type RemoteKeyName } from '../support/remote-key-samples.ts';
import { sourcesOf } from '../support/source-under-test.ts';
import { VENDOR_SAMPLES, type VendorName } from '../support/vendor-samples.ts';
import { describeSource } from './source.ts';

const SAMPLES = { ...SOURCE_SAMPLES, ...VENDOR_SAMPLES, ...REMOTE_KEY_SAMPLES };
for (const [name, sample] of Object.entries(SAMPLES)) describeSource(name, sample);

/** Samples under another name than their preset's or scheme's. */
type Alias = 'cloudevents' | 'bearer' | 'gitlab-token';
type Uncovered = Exclude<PresetName | SchemeName, SampleName | VendorName | RemoteKeyName | Alias>;
/** Does not compile while a preset or a scheme has no sample; the error names it. */
const COVERED: [Uncovered] extends [never] ? true : Uncovered = true;

test('every preset and every scheme is under the suite', () => {
  assert.ok(COVERED);
  const samples = Object.values(SAMPLES);
  assert.deepEqual(new Set(samples.map(({ options }) => options.preset)), new Set(Object.keys(PRESETS)));
  const schemes = samples.flatMap(({ options }) => {
    const { proof } = sourcesOf(options).get(options.name) ?? {};
    return proof?.kind === 'signed' ? [proof.scheme] : [];
  });
  for (const [name, scheme] of Object.entries(SCHEMES)) assert.ok(schemes.includes(scheme), name);
});
