import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileFilter } from '../../src/sources/filter.ts';
import { RuleError } from '../../src/templates/rule-error.ts';

const SCOPE = { roots: ['event', 'headers', 'event_type'], headers: ['x-kind'] };

const VIEW = {
  event_type: 'pull_request',
  headers: { 'x-kind': 'build' },
  event: JSON.parse(
    `{"action": "opened", "amount": 250, "text": "250", "at": "2026-11-24T10:00:00Z", "on": true, "gone": null,
      "tags": ["urgent", "support"], "numbers": [1, 5, 9], "none": [],
      "pull_request": {"draft": false, "user": {"login": "ada"}, "$ref": "odd"},
      "alerts": [{"status": "firing", "labels": {"severity": "warning"}},
                 {"status": "resolved", "labels": {"severity": "critical"}}],
      "__proto__": {"polluted": true}}`,
  ) as unknown,
};

/** Whether the filter lets the event through. */
function matches(rule: unknown): boolean {
  return compileFilter(rule, SCOPE).findMismatch(VIEW) === undefined;
}

describe('a filter lets through', () => {
  const cases: [unknown, boolean][] = [
    [{}, true],
    [{ 'event.action': 'opened' }, true],
    [{ 'event.action': 'closed' }, false],
    [{ 'event.action': 'opened', event_type: 'push' }, false],
    [{ event: { action: 'opened', pull_request: { draft: false, user: { login: 'ada' } } } }, true],
    [{ event: { action: 'opened', pull_request: { draft: true } } }, false],
    [{ 'headers.X-Kind': 'build' }, true],
    // Types are never mixed up.
    [{ 'event.amount': '250' }, false],
    [{ 'event.text': 250 }, false],
    [{ 'event.on': 'true' }, false],
    [{ 'event.on': true }, true],
    [{ 'event.gone': null }, true],
    [{ 'event.nowhere': null }, false],
    [{ 'event.amount': { $eq: 250 } }, true],
    [{ 'event.amount': { $ne: 250 } }, false],
    [{ 'event.nowhere': { $ne: 250 } }, true],
    [{ 'event.amount': { $gt: 249, $lt: 251 } }, true],
    [{ 'event.amount': { $gt: 250 } }, false],
    [{ 'event.amount': { $gte: 250, $lte: 250 } }, true],
    [{ 'event.amount': { $lt: 250 } }, false],
    [{ 'event.text': { $gt: 1 } }, false],
    [{ 'event.nowhere': { $lt: 1 } }, false],
    [{ 'event.at': { $gte: '2026-11-01', $lt: '2026-12-01' } }, true],
    [{ 'event.action': { $in: ['opened', 'reopened'] } }, true],
    [{ 'event.action': { $in: ['closed'] } }, false],
    [{ 'event.action': { $in: 'pen' } }, true],
    [{ 'event.action': { $in: 'shut' } }, false],
    [{ 'event.action': { $nin: ['closed'] } }, true],
    [{ 'event.action': { $nin: ['opened'] } }, false],
    [{ 'event.nowhere': { $nin: ['opened'] } }, true],
    [{ 'event.action': { $startsWith: 'open' } }, true],
    [{ 'event.action': { $startsWith: ['x', 'op'] } }, true],
    [{ 'event.action': { $endsWith: 'open' } }, false],
    [{ 'event.amount': { $startsWith: '2' } }, false],
    [{ 'event.nowhere': { $exists: false }, 'event.gone': { $exists: true } }, true],
    [{ 'event.nowhere': { $exists: true } }, false],
    [{ 'event.action': { $exists: false } }, false],
    // A list by one of its entries.
    [{ 'event.tags': 'urgent' }, true],
    [{ 'event.tags': 'other' }, false],
    [{ 'event.tags': { $ne: 'urgent' } }, false],
    [{ 'event.tags': { $nin: ['other'] } }, true],
    [{ 'event.numbers': { $gt: 8 } }, true],
    [{ 'event.numbers': { $gt: 9 } }, false],
    [{ 'event.none': 'urgent' }, false],
    [{ 'event.tags[0]': 'urgent' }, true],
    [{ 'event.tags[1]': 'urgent' }, false],
    [{ 'event.alerts[*].labels.severity': 'critical' }, true],
    // Conditions of one block hold for one and the same entry.
    [{ 'event.alerts': { status: 'firing', labels: { severity: 'warning' } } }, true],
    [{ 'event.alerts': { status: 'firing', labels: { severity: 'critical' } } }, false],
    [{ 'event.alerts': { labels: { severity: { $in: ['critical', 'page'] } } } }, true],
    [{ 'event.none': { labels: { severity: { $exists: false } } } }, false],
    [{ $or: [{ 'event.action': 'closed' }, { 'event.amount': { $gt: 100 } }] }, true],
    [{ $or: [{ 'event.action': 'closed' }, { 'event.amount': { $gt: 300 } }] }, false],
    [{ $and: [{ 'event.action': 'opened' }, { 'event.amount': { $gt: 300 } }] }, false],
    [{ $not: { 'event.action': 'opened' } }, false],
    [{ $not: { 'event.action': 'closed' }, 'event.on': true }, true],
    [{ 'event.action': { $not: { $in: ['closed'] } } }, true],
    [{ 'event.action': { $or: ['closed', { $startsWith: 'o' }] } }, true],
    [{ 'event.amount': { $and: [{ $gt: 1 }, { $not: 250 }] } }, false],
    [{ 'event.action': { inner: 'opened' } }, false],
    [{ 'event.action': { inner: { $exists: false } } }, true],
    [{ 'event.pull_request': { toString: { $exists: true } } }, false],
    [{ 'event.pull_request.constructor': { $exists: true } }, false],
    [{ 'event.__proto__.polluted': true }, true],
    [JSON.parse('{"event": {"__proto__": {"polluted": true}}}') as unknown, true],
  ];
  for (const [rule, expected] of cases) {
    test(`${JSON.stringify(rule)}: ${expected ? 'yes' : 'no'}`, () => assert.equal(matches(rule), expected));
  }
});

test('a filter reads operators under their former names, with a warning for each', () => {
  const warnings: string[] = [];
  const rule = { 'event.amount': { $neq: 1 }, $or: [{ 'event.nowhere': { inner: { $not: { $exist: true } } } }] };
  const filter = compileFilter(rule, SCOPE, (message) => warnings.push(message));
  assert.equal(filter.findMismatch(VIEW), undefined);
  assert.equal(compileFilter({ 'event.amount': { $neq: 250 } }, SCOPE).findMismatch(VIEW), 'event.amount');
  assert.deepEqual(warnings, [
    'has $neq, which is now called $ne: rename it',
    'has $exist, which is now called $exists: rename it',
  ]);
});

test('a filter tells the first place that does not match, as it was written', () => {
  const place = (rule: unknown) => compileFilter(rule, SCOPE).findMismatch(VIEW);
  assert.equal(
    place({ 'event.action': 'opened', event: { pull_request: { user: { login: 'bob' } } } }),
    'event.pull_request.user.login',
  );
  assert.equal(place({ $or: [{ 'event.action': 'closed' }] }), '$or');
  assert.equal(place({ 'event.alerts': { status: 'gone' } }), 'event.alerts');
});

describe('a filter is refused, with the fix, if it', () => {
  const cases: [string, unknown, RegExp][] = [
    ['is a list', [], /is not a block/],
    ['is a text', 'event.action == "opened"', /is not a block/],
    ['is null', null, /is not a block/],
    ['names nothing that there is', { action: 'opened' }, /there is no "action" here: begin with event/],
    ['has an operator beside no field', { $eq: 1 }, /\$eq without a field/],
    [
      'has an unknown operator',
      { 'event.a': { $regex: '.*' } },
      /\$regex at event\.a, which is not an operator: write one of \$eq/,
    ],
    ['has a mistyped operator', { 'event.a': { $exsts: true } }, /\$exsts at event\.a, .*: did you mean \$exists\?/],
    ['has an operator by both names', { 'event.a': { $ne: 1, $neq: 2 } }, /\$neq beside \$ne, which is the same/],
    ['has a list as a value', { 'event.a': ['b'] }, /a list at event\.a: write \{\$in: \[…\]\}/],
    ['compares with a block', { 'event.a': { $eq: { b: 1 } } }, /\$eq at event\.a: use a text, a number/],
    ['orders by a truth value', { 'event.a': { $gt: true } }, /\$gt at event\.a: use a number/],
    ['has $in with a number', { 'event.a': { $in: 5 } }, /\$in at event\.a: use a list/],
    ['has $in with a block in it', { 'event.a': { $in: [{}] } }, /\$in at event\.a/],
    ['has $startsWith with a number', { 'event.a': { $startsWith: 5 } }, /\$startsWith at event\.a/],
    ['has $exists with a text', { 'event.a': { $exists: 'yes' } }, /\$exists at event\.a: use true or false/],
    ['has $or without a list', { $or: { 'event.a': 1 } }, /\$or without a list/],
    ['has $or with an empty list', { $or: [] }, /\$or without a list/],
    ['names a hidden header', { 'headers.authorization': { $exists: true } }, /this source does not expose/],
  ];
  for (const [what, rule, message] of cases) {
    test(what, () => {
      assert.throws(
        () => compileFilter(rule, SCOPE),
        (error) => error instanceof RuleError && message.test(error.message),
      );
    });
  }

  test('holds itself, as an alias of YAML can make it', () => {
    const rule: Record<string, unknown> = {};
    rule['event.a'] = rule;
    const inner: Record<string, unknown> = {};
    inner['b'] = inner;
    const or: Record<string, unknown> = {};
    or['$or'] = [or];
    for (const endless of [{ 'event.a': inner }, or, rule]) {
      assert.throws(
        () => compileFilter(endless, SCOPE),
        (error) => error instanceof RuleError && /deeper than 32/.test(error.message),
      );
    }
  });
});
