import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Payload, StorageDriverClaim } from '@temporalio/common';
import { PayloadError } from '../../src/payloads/payload-error.ts';
import { createFolderStore } from '../../src/payloads/storage/folder-store.ts';
import { createS3Store } from '../../src/payloads/storage/s3-store.ts';
import { createStorageDriver } from '../../src/payloads/storage/storage-driver.ts';
import { load, refusal } from '../config/load.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const payload: Payload = { metadata: { encoding: Buffer.from('binary/plain') }, data: randomBytes(300_000) };
const TARGET = { kind: 'workflow', namespace: 'default', id: 'run-1' } as const;

describe('a folder of large payloads', () => {
  test('keeps each once, below its run, for its owner alone, and gives it back', async (t) => {
    const folder = temporaryFolder(t);
    const driver = createStorageDriver(createFolderStore(folder));
    const claims = await driver.store({ target: TARGET }, [payload, payload]);
    const [found] = await driver.retrieve({}, claims);
    assert.deepEqual(Buffer.from(found?.data ?? []), payload.data);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.equal(files.length, 1);
    const [file] = files;
    const path = join(file?.parentPath ?? '', file?.name ?? '');
    assert.match(path, /\/default\/run-1\/[\da-f]{64}$/);
    assert.equal(statSync(path).mode & 0o777, 0o600);

    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(path, bytes);
    await assert.rejects(driver.retrieve({}, claims), /was altered, and is refused/);
    rmSync(path);
    await assert.rejects(driver.retrieve({}, claims), (error) => {
      assert.ok(error instanceof PayloadError);
      assert.match(error.message, /default\/run-1\/\w+ is gone: keep objects for as long as Temporal keeps runs/);
      return true;
    });
  });

  test('reads no other path, whatever a history says', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'secret'), 'x');
    const driver = createStorageDriver(createFolderStore(join(folder, 'store')));
    for (const key of ['../secret', '/etc/passwd', `a/../${'0'.repeat(64)}`, 'a/b/../../../secret', '']) {
      await assert.rejects(driver.retrieve({}, [new StorageDriverClaim({ key })]), /no valid key, and is refused/, key);
    }
    const [claim] = await driver.store({ target: { ...TARGET, id: '../../x', namespace: 'a/b' } }, [payload]);
    assert.match(claim?.claimData['key'] ?? '', /^[\da-f]{32}\/[\da-f]{32}\/[\da-f]{64}$/);
  });
});

describe('payloads.storage', () => {
  const read = (storage: string): unknown =>
    load({ env: { GARUDUST_WEBHOOK_SECRET: 'a-good-secret', PAYLOAD_STORAGE: storage } }).config.payloads.storage;
  test('is a folder or a bucket', () => {
    assert.equal(read('/var/lib/payloads'), '/var/lib/payloads');
    assert.deepEqual(read('s3://my-bucket'), { bucket: 'my-bucket', prefix: '' });
    assert.deepEqual(read('s3://my-bucket/a/b/'), { bucket: 'my-bucket', prefix: 'a/b/' });
    for (const bad of ['s3://', 's3://A_B', 'gs://bucket', 's3://bucket/a b']) {
      const env = { GARUDUST_WEBHOOK_SECRET: 'a-good-secret', PAYLOAD_STORAGE: bad };
      assert.match(refusal({ env })[0] ?? '', /is not a bucket: write it as s3:\/\/bucket/);
    }
  });

  test('permits larger answers, which are refused without it', () => {
    const file = (more: string): string =>
      `clients: [{ id: a, webhook_secret: a-good-secret }]\nagents: { demo: { type: demo, max_answer_bytes: 20MiB } }\n${more}`;
    assert.match(
      refusal({ yaml: file('') })[0] ?? '',
      /max_answer_bytes .*more than Temporal takes.*: set payloads\.storage/,
    );
    const { config } = load({ yaml: file('payloads: { storage: ./large }') });
    assert.equal(config.agents[0]?.maxAnswerBytes, 20 * 1024 * 1024);
  });

  test('says which package a bucket needs', (t) => {
    const place = { bucket: 'my-bucket', prefix: '', from: temporaryFolder(t) };
    assert.throws(() => createS3Store(place), /@aws-sdk\/client-s3 is not installed: npm install/);
  });
});
