import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SUCCESS = join('test', 'replay', 'histories', 'success.json');

test('npm run replay takes histories in every form in which Temporal exports them', (t) => {
  const { events } = readHistory();
  const list = writeJson(t, events);
  const answer = writeJson(t, { history: { events } });
  assert.deepEqual(replay(SUCCESS, list, answer), {
    code: 0,
    lines: [SUCCESS, list, answer].map((file) => `ok       ${file}  agentRun, ${events.length} events`),
  });
});

test('npm run replay says in words why a history does not replay, and exits with 1', (t) => {
  const { events } = readHistory();
  const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes);
  assert.ok(scheduled?.activityTaskScheduledEventAttributes);
  scheduled.activityTaskScheduledEventAttributes.activityType.name = 'another';
  const file = writeJson(t, { events });
  const { code, lines } = replay(file, SUCCESS);
  assert.equal(code, 1);
  assert.match(
    lines[0] ?? '',
    /^failed .* agentRun: .*Nondeterminism error: Activity type of scheduled event 'another' does not match/,
  );
  assert.match(lines[1] ?? '', /^ok /);
});

test('npm run replay says what is wrong with a file that is no history, and exits with 2', (t) => {
  const { events } = readHistory();
  const files = [writeJson(t, { events: [] }), writeJson(t, { events: events.slice(1) }), 'nowhere.json'];
  const { code, lines } = replay(...files);
  assert.equal(code, 2);
  assert.match(lines[0] ?? '', /^invalid .* has no "events"\.$/);
  assert.match(lines[1] ?? '', /^invalid .* its eventId is not 1: export the whole history\.$/);
  assert.match(lines[2] ?? '', /^invalid .*ENOENT/);
});

interface Event {
  readonly activityTaskScheduledEventAttributes?: { readonly activityType: { name: string } };
}

function readHistory(): { events: Event[] } {
  return JSON.parse(readFileSync(join(ROOT, SUCCESS), 'utf8')) as { events: Event[] };
}

function writeJson(t: TestContext, value: unknown): string {
  const file = join(temporaryFolder(t), 'history.json');
  writeFileSync(file, JSON.stringify(value));
  return file;
}

function replay(...files: string[]): { code: number | null; lines: string[] } {
  const args = ['--import', 'tsx', 'scripts/replay.ts', ...files];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: 120_000 });
  return { code: status, lines: stdout.trimEnd().split('\n') };
}
