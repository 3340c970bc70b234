import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { raceAbort } from '../../src/timing/race-abort.ts';
import { aborted, onAbort, pause, until } from '../../src/timing/until.ts';
import { within } from '../../src/timing/within.ts';

const never = new Promise<never>(() => undefined);

describe('within', () => {
  test('settles as the work does when that comes first', async () => {
    assert.equal(await within(1000, Promise.resolve('done'), () => 'late'), 'done');
    assert.equal(await within(1000, Promise.resolve(undefined), () => 'late'), undefined);
    await assert.rejects(
      within(1000, Promise.reject(new Error('broken')), () => 'late'),
      /broken/,
    );
  });

  test('ends with what onLate returns or throws when the time is up', async () => {
    assert.equal(await within(5, never, () => 'late'), 'late');
    await assert.rejects(
      within(5, never, () => {
        throw new Error('too late');
      }),
      /too late/,
    );
  });
});

describe('raceAbort', () => {
  test('waits for the work until the grace after the abort is over', async () => {
    const stop = new AbortController();
    const begun = performance.now();
    const race = raceAbort(never, stop.signal, 50);
    setTimeout(() => stop.abort(new Error('stopped')), 20);
    await assert.rejects(race, /stopped/);
    assert.ok(performance.now() - begun >= 65);
  });

  test('gives up at once without grace, and where the signal was aborted before', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    await assert.rejects(raceAbort(never, stopped, 0), /stopped/);
    await assert.rejects(raceAbort(never, stopped, 5), /stopped/);
  });

  test('takes what the work comes to within the grace', async () => {
    const stop = new AbortController();
    const work = new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve('cleaned up')));
    const race = raceAbort(work, stop.signal, 1000);
    stop.abort();
    assert.equal(await race, 'cleaned up');
  });
});

describe('waiting on a signal', () => {
  test('onAbort calls once, at once where the signal is aborted, and not after it is taken off', () => {
    const calls: string[] = [];
    const stop = new AbortController();
    onAbort(stop.signal, () => calls.push('kept'));
    onAbort(stop.signal, () => calls.push('removed'))();
    stop.abort();
    onAbort(stop.signal, () => calls.push('late'));
    assert.deepEqual(calls, ['kept', 'late']);
  });

  test('aborted resolves with the abort', async () => {
    const stop = new AbortController();
    const waiting = aborted(stop.signal);
    stop.abort();
    await waiting;
    await aborted(stop.signal);
  });

  test('pause ends with its time or with the abort, whichever comes first', async () => {
    await pause(5, new AbortController().signal);
    const stop = new AbortController();
    const long = pause(60_000, stop.signal);
    stop.abort();
    await long;
  });

  test('until disarms what it armed', async () => {
    const disarmed: string[] = [];
    let end = (): void => undefined;
    const called = until(new AbortController().signal, (finish) => {
      end = finish;
      return () => disarmed.push('called');
    });
    end();
    await called;
    await until(AbortSignal.abort(), () => () => disarmed.push('aborted'));
    assert.deepEqual(disarmed, ['called', 'aborted']);
  });
});
