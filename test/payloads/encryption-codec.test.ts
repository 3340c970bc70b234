import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import * as fc from 'fast-check';
import { EncryptionCodec, type EncryptionKey } from '../../src/payloads/encryption-codec.ts';
import { PayloadError } from '../../src/payloads/payload-error.ts';

const keyOf = (id: string, byte: number): EncryptionKey => ({ id, key: createSecretKey(Buffer.alloc(32, byte)) });
const K1 = keyOf('k1', 1);
const K2 = keyOf('k2', 2);
const codecOf = (...keys: EncryptionKey[]): EncryptionCodec => new EncryptionCodec({ keys });
const workflow = (workflowId: string): SerializationContext => ({ type: 'workflow', namespace: 'default', workflowId });
const toPayload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const metaOf = ({ metadata }: Payload): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString()]));

async function sealed(value: unknown, codec = codecOf(K1), context?: SerializationContext): Promise<Payload> {
  const [payload] = await codec.encode([toPayload(value)], context);
  assert.ok(payload);
  return payload;
}

async function opened(payload: Payload, codec = codecOf(K1), context?: SerializationContext): Promise<unknown> {
  const [found] = await codec.decode([payload], context);
  return found && defaultPayloadConverter.fromPayload(found);
}

function assertUnreadable(read: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(read, (error) => {
    assert.ok(error instanceof PayloadError);
    assert.match(error.message, message);
    assert.doesNotMatch(error.stack ?? '', /\n/, 'no stack trace');
    return true;
  });
}

describe('EncryptionCodec', () => {
  test('gives back what it took, and shows nothing of it but its size', async () => {
    const values = fc.oneof(fc.jsonValue(), fc.uint8Array(), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const payload = await sealed(value, codecOf(K1), workflow('run-1'));
        const plain = toPayload(value);
        assert.deepEqual(metaOf(payload), {
          encoding: 'binary/garudust-encrypted',
          'encryption-key-id': 'k1',
          'encryption-workflow-id': 'run-1',
        });
        const [back] = await codecOf(K1).decode([payload], workflow('run-1'));
        assert.deepEqual(metaOf(back ?? {}), metaOf(plain));
        assert.deepEqual(Buffer.from(back?.data ?? []), Buffer.from(plain.data ?? []));
      }),
      { numRuns: 50 },
    );
    const { data } = await sealed('a task that nobody may read');
    assert.ok(!Buffer.from(data ?? new Uint8Array()).includes('nobody'));
  });

  test('never writes the same twice', async () => {
    const [one, two] = await Promise.all([sealed('same'), sealed('same')]);
    assert.notDeepEqual(Buffer.from(one.data ?? []), Buffer.from(two.data ?? []));
  });

  test('encrypts with the first key, and reads with all', async () => {
    const old = await sealed('before');
    const rotated = codecOf(K2, K1);
    assert.equal(await opened(old, rotated), 'before');
    const young = await sealed('after', rotated);
    assert.equal(metaOf(young)['encryption-key-id'], 'k2');
    assert.equal(await opened(young, codecOf(K1, K2)), 'after');
  });

  test('passes what is not encrypted, with keys and without', async () => {
    assert.equal(await opened(toPayload('old run')), 'old run');
    const none = codecOf();
    assert.equal(await opened(await sealed('plain', none), none), 'plain');
    assert.equal(metaOf(await sealed('plain', none))['encoding'], 'json/plain');
  });

  test('names an unknown key and the setting, and shows no stack', async () => {
    const payload = await sealed('secret');
    await assertUnreadable(
      opened(payload, codecOf(K2)),
      /the key "k1", which PAYLOAD_KEYS .* does not list.* lists k2\.$/,
    );
    await assertUnreadable(
      opened(payload, codecOf()),
      /the key "k1", and this process has no payload keys: set PAYLOAD_KEYS/,
    );
  });

  test('refuses a key of another value, and every altered byte', async () => {
    const payload = await sealed('secret', codecOf(K1), workflow('run-1'));
    const refusal = /cannot be decrypted with the key "k1": .* another value .* or the payload was altered/;
    await assertUnreadable(opened(payload, codecOf(keyOf('k1', 9))), refusal);
    const bytes = Buffer.from(payload.data ?? []);
    for (let place = 0; place < bytes.length; place += 1) {
      const data = Buffer.from(bytes);
      data.writeUInt8(data.readUInt8(place) ^ 1, place);
      await assertUnreadable(opened({ ...payload, data }), refusal);
    }
    for (const length of [0, 10, 43, bytes.length - 1]) {
      await assertUnreadable(opened({ ...payload, data: bytes.subarray(0, length) }), refusal);
    }
    const meta = { ...payload.metadata, 'encryption-workflow-id': Buffer.from('run-2') };
    await assertUnreadable(opened({ ...payload, metadata: meta }), refusal);
    const { 'encryption-workflow-id': _, ...unbound } = payload.metadata ?? {};
    await assertUnreadable(opened({ ...payload, metadata: unbound }), refusal);
  });

  test('refuses a payload that was put into another workflow', async () => {
    const payload = await sealed('answer of another', codecOf(K1), workflow('run-1'));
    const activity = { type: 'activity', namespace: 'default', workflowId: 'run-1', activityId: 'a', isLocal: false };
    assert.equal(await opened(payload, codecOf(K1), activity as SerializationContext), 'answer of another');
    assert.equal(await opened(payload), 'answer of another', 'the codec server knows no workflow');
    await assertUnreadable(
      opened(payload, codecOf(K1), workflow('run-2')),
      /of the workflow "run-1" was put into another one/,
    );
    await assertUnreadable(opened(payload, codecOf(K1), workflow('run-1-more')), /was put into another one/);
    assert.equal(await opened(payload, codecOf(K1), workflow('run-1-2026-01-31T12:00:00Z')), 'answer of another');
    const replay = new EncryptionCodec({ keys: [K1], checksWorkflow: false });
    assert.equal(await opened(payload, replay, workflow('fake')), 'answer of another');
  });
});
