import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createKeepSecret, PostedSecrets } from '../../src/ingress/tasks/posted-secrets.ts';

async function temporaryFolder(t: Pick<TestContext, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-posted-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('a posted secret is kept once, until it is taken, and those of strangers are bounded', async (t) => {
  const lines: string[] = [];
  const secrets = new PostedSecrets(await temporaryFolder(t));
  const keep = createKeepSecret(secrets, { info: (_, message) => void lines.push(message) });
  await Promise.all([keep('asana', 'one'), keep('other', 'one')]);
  await keep('asana', 'one');
  assert.equal(lines.length, 2);
  for (let sent = 0; sent < 100; sent += 1) await keep('asana', `stranger ${sent}`);
  assert.equal(lines.length, 11);
  assert.doesNotMatch(lines.join(), /stranger|one[^ ]/);
  const taken = await secrets.take('asana');
  assert.equal(taken.length, 10);
  assert.ok(taken.some(({ secret }) => secret === 'one'));
  assert.deepEqual(await secrets.take('asana'), []);
  await keep('asana', 'one');
  assert.deepEqual(
    (await secrets.take('asana')).map(({ secret }) => secret),
    ['one'],
  );
  assert.equal((await secrets.take('other')).length, 1);
});

test('a secret that cannot be kept is an error, which does not tell it', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'posted-secrets'), '');
  const keep = createKeepSecret(new PostedSecrets(folder), { info: () => assert.fail() });
  await assert.rejects(keep('asana', 'canary'), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /sender of asana posted can't be kept: set XDG_STATE_HOME/);
    assert.doesNotMatch(String(error) + String(error.cause), /canary/);
    return true;
  });
});
