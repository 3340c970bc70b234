import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS } from '../../src/sources/presets.ts';
import { SOURCE_SAMPLES } from '../support/source-samples.ts';
import { REMOTE_KEY_SAMPLES } from '../support/remote-key-samples.ts';
import { VENDOR_SAMPLES } from '../support/vendor-samples.ts';
import { describeSource } from './source.ts';

const SAMPLES = { ...SOURCE_SAMPLES, ...VENDOR_SAMPLES, ...REMOTE_KEY_SAMPLES };
for (const [name, sample] of Object.entries(SAMPLES)) describeSource(name, sample);

test('every preset is under the suite', () => {
  const covered = new Set(Object.values(SAMPLES).map(({ options }) => options.preset));
  assert.deepEqual(covered, new Set(Object.keys(PRESETS)));
});
