import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StreamedText } from '../../src/activities/agent/streamed-text.ts';
import { mockAttempt } from '../support/mock-activity.ts';
import { setUpRunAgent } from '../support/run-agent-setup.ts';

describe('the text that an agent streams', () => {
  test('keeps its end, and says where that begins', () => {
    const text = new StreamedText();
    assert.deepEqual([text.tail], [undefined]);
    text.add('half ');
    text.add('of it');
    assert.deepEqual(text.tail, { offset: 0, text: 'half of it' });
    for (let piece = 0; piece < 10_000; piece += 1) text.add('0123456789');
    assert.equal(text.tail?.offset, 100_010 - 4096);
    assert.equal(text.tail?.text.length, 4096);
    text.add('x'.repeat(50_000_000));
    assert.deepEqual([text.tail?.offset, text.tail?.text.length], [50_100_010 - 4096, 4096]);
  });

  test('leaves out half of a character at either end, and what is no text', () => {
    const text = new StreamedText();
    text.add('a\ud83d');
    assert.deepEqual(text.tail, { offset: 0, text: 'a' });
    text.add('\ude00');
    text.add(7);
    assert.deepEqual(text.tail, { offset: 0, text: 'a😀' });
    text.add('b'.repeat(4095));
    assert.deepEqual([text.tail?.offset, text.tail?.text], [3, 'b'.repeat(4095)]);
  });

  test('is in the heartbeat, joined, and not in that of the next call', async () => {
    const { start } = setUpRunAgent((_, { reportText }) => {
      for (const word of ['The ', 'answer ', 'so far']) reportText(word);
      return Promise.resolve({ output: 'The answer so far, and its end' });
    });
    const attempt = mockAttempt();
    await start(attempt);
    const texts = attempt.heartbeats.map((details) => (details as { text?: unknown }).text);
    assert.deepEqual(texts.at(-1), { offset: 0, text: 'The answer so far' });
    assert.ok(texts.length <= 3);
    const next = mockAttempt({ heartbeatDetails: attempt.heartbeats.at(-1) });
    await start(next);
    assert.equal((next.heartbeats[0] as { text?: unknown }).text, undefined);
  });
});
