import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type CamelCased, toCamelCase } from '../../src/settings/camel-case.ts';
import type { Kind } from '../../src/settings/kind.ts';
import { optionalSetting, setting, settingMeta, withKind } from '../../src/settings/setting.ts';
import { oneOf } from '../../src/settings/texts.ts';

const help = 'A setting of this test.';
const anything: Kind<unknown> = { accepts: 'anything', read: (value) => value, show: (value) => value };
const headers: Kind<Readonly<Record<string, string>>> = {
  accepts: 'headers',
  read: (value) => value as Readonly<Record<string, string>>,
  show: (value) => value,
};
const kind = withKind(oneOf(['one_word', 'two']), { help });

const schema = z.strictObject({
  max_in_flight: setting(anything as Kind<number>, { help }),
  journal_dir: optionalSetting(anything as Kind<string>, { help }),
  all_clients: z.array(z.strictObject({ extra_headers: setting(headers, { help }) })),
  agents: z.record(
    z.string(),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('one_word').register(settingMeta, kind), api_key: setting(headers, { help }) }),
      z.strictObject({ type: z.literal('two').register(settingMeta, kind) }),
    ]),
  ),
});

test('names of settings become camelCase, in lists, maps and choices; what users name stays', () => {
  const read = schema.parse({
    max_in_flight: 1,
    all_clients: [{ extra_headers: { x_my_header: 'a_b' } }],
    agents: { my_agent: { type: 'one_word', api_key: {} }, other_one: { type: 'two' } },
  });
  const expected: CamelCased<typeof schema> = {
    maxInFlight: 1,
    allClients: [{ extraHeaders: { x_my_header: 'a_b' } }],
    agents: { my_agent: { type: 'one_word', apiKey: {} }, other_one: { type: 'two' } },
  };
  assert.deepEqual(toCamelCase(schema, read), expected);
});

test('what is not set is left out', () => {
  const read = schema.parse({ max_in_flight: 1, journal_dir: null, all_clients: [], agents: {} });
  assert.deepEqual(Object.keys(toCamelCase(schema, read)), ['maxInFlight', 'allClients', 'agents']);
});
