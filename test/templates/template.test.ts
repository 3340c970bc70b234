import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProblemError } from '../../src/protocol/problem-error.ts';
import { RuleError } from '../../src/templates/rule-error.ts';
import { compileTemplate, type TemplateOptions } from '../../src/templates/template.ts';

const SCOPE = { roots: ['event', 'headers', 'source'], headers: ['x-kind'] };

const VIEW = {
  source: 'ci',
  headers: { 'x-kind': 'build' },
  event: JSON.parse(
    `{"title": "Fix it", "number": 4312, "draft": false, "zero": 0, "nothing": null, "empty": "", "none": [],
      "user": {"login": "ada", "name.with.dots": "Ada", "sp ace": {"ü": 1}},
      "tags": ["a", "b", null], "mixed": ["a", {"b": 1}], "nested": [[1, 2], [3]],
      "commits": [{"message": "one", "author": {"name": "Ada"}}, {"message": "two"}],
      "__proto__": {"polluted": "own"}, "constructor": {"name": "own constructor"},
      "brace": "{{ event.title }}", "tag": "{% assign x = 1 %}", "half": "\\ud83d", "odd": {"toString": 1},
      "expression": "item.login", "big": ${'1'.repeat(30)}, "huge": 1e400}`,
  ) as unknown,
};

/** Renders a template that must cause no warning. */
function render(source: string, { limit = 10_000, ...options }: TemplateOptions & { limit?: number } = {}): string {
  const warn = (message: string): void => assert.fail(message);
  return compileTemplate(source, SCOPE, { warn, ...options }).render(VIEW, { limit }).text;
}

describe('a template writes', () => {
  const cases: [string, string][] = [
    ['plain text, with } and { and {}', 'plain text, with } and { and {}'],
    ['{{ event.title }}', 'Fix it'],
    ['{{event.title}} #{{   event.number   }}!', 'Fix it #4312!'],
    ['{{\n event.title\n}}', 'Fix it'],
    ['{{ event.draft }} {{ event.zero }}', 'false 0'],
    ['{{ event.user["login"] }} {{ event.user["name.with.dots"] }} {{ event.user["sp ace"]["ü"] }}', 'ada Ada 1'],
    ['{{ event.commits[1].message }} {{ event.commits.0.author.name }}', 'two Ada'],
    ['{{ event.commits | map: "message" }}', 'one, two'],
    ['{{ event.commits | map: "author.name" }}', 'Ada'],
    ['{{ event.commits | map: "message" | join: "\\n- " }}', 'one\n- two'],
    ["{{ event.commits | map: 'message' | join: ' + ' }}", 'one + two'],
    ['{{ event.commits.length }} {{ event.commits.size }}', '2 2'],
    ['{{ event.tags }} {{ event.mixed }} {{ event.nested }}', 'a, b ["a",{"b":1}] [[1,2],[3]]'],
    ['{{ event.user | json }}', '{"login":"ada","name.with.dots":"Ada","sp ace":{"ü":1}}'],
    ['{{ event.user }}', '{"login":"ada","name.with.dots":"Ada","sp ace":{"ü":1}}'],
    ['{{ event.title | json }} {{ event.nothing | json }}.', '"Fix it" .'],
    ['{{ event.user | json | cut: 9 }}', '{"login"…'],
    ['{{ event.title | cut: 6 }} {{ event.title | cut: 5 }}', 'Fix it Fix …'],
    ['{{ event.nowhere | default: "none" }} {{ event.nothing | default: 7 }}', 'none 7'],
    ["{{ event.empty | default: 'it\"s' }}", 'it"s'],
    ['{{ event.none | default: "no list" }}', 'no list'],
    ['{{ event.nowhere | default: event.empty | default: event.title }}', 'Fix it'],
    ['{{ event.draft | default: "other" }}', 'false'],
    ['{{ "{{" }} {{ \'}}\' }} {{ "{%" }}', '{{ }} {%'],
    ['{{ source }} {{ headers.x-kind }} {{ headers.X-Kind }}', 'ci build build'],
    ['{{ event.brace }} {{ event.tag }}', '{{ event.title }} {% assign x = 1 %}'],
    ['a{{ event.half }}b', 'a\ufffdb'],
    ['{{ event.huge }}', 'Infinity'],
    ['{% if event.draft %}draft{% else %}ready{% endif %}', 'ready'],
    ['{% for c in event.commits %}{{ forloop.index }}. {{ c.message }}\n{% endfor %}', '1. one\n2. two\n'],
    ['{% assign who = event.user.login | upcase %}{{ who }}', 'ADA'],
    ['{% assign source = "mine" %}{{ source }}', 'mine'],
    ['{% case event.number %}{% when 4312 %}it{% else %}other{% endcase %}', 'it'],
    ['{% raw %}{{ event.title | default "x" }}{% endraw %}', '{{ event.title | default "x" }}'],
    ['a  {{- event.title -}}  b', 'aFix itb'],
    ['{{ event.nowhere | date: "%Y" }}{{ "2026-11-29T23:30:00Z" | date: "%Y-%m-%d %H:%M" }}', '2026-11-29 23:30'],
  ];
  for (const [source, text] of cases) test(source, () => assert.equal(render(source), text));
});

describe('a template never reaches', () => {
  const paths = [
    'event.toString',
    'event.user.constructor',
    'event.user.__proto__',
    'event.user["__proto__"].constructor',
    'event.title.constructor',
    'event.commits.map',
    'event.commits["constructor"]',
    'event.commits[7]',
    'event.number.toFixed',
  ];
  for (const path of paths) {
    test(path, () => {
      const { text, isFound, missing } = compileTemplate(`{{ ${path} }}`, SCOPE).render(VIEW, { limit: 100 });
      assert.deepEqual([text, isFound, missing], ['', false, [path]]);
    });
  }

  test('a getter, or anything inherited', () => {
    const event = Object.create({ inherited: 'secret' }) as object;
    let reads = 0;
    Object.defineProperty(Object.getPrototypeOf(event), 'got', { get: () => (reads += 1) });
    const template = compileTemplate('{{ event.inherited }}{{ event.got }}{{ event | map: "got" }}', SCOPE);
    assert.deepEqual([template.render({ event }, { limit: 100 }).text, reads], ['', 0]);
  });

  test('anything but own properties, which may have any name', () => {
    assert.equal(render('{{ event.__proto__.polluted }} {{ event.constructor.name }}'), 'own own constructor');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

test('a rendered template tells what it found, what not, and whether it was cut', () => {
  const template = compileTemplate('{{ event.title }}{{ event.a.b | json }}{{ event.user.login }}', SCOPE);
  assert.deepEqual(template.render(VIEW, { limit: 100 }), {
    text: 'Fix itada',
    isFound: true,
    missing: ['event.a.b | json'],
    isCut: false,
    faults: [],
  });
  const cut = template.render(VIEW, { limit: 4 });
  assert.deepEqual([cut.text, cut.isCut], ['Fix…', true]);
  assert.deepEqual(template.fields, ['event.title', 'event.a.b', 'event.user.login']);
});

test('a template that reads nothing of an event is known at the start', () => {
  const constants = ['plain', '{{ "{{" }}', '{% assign a = 1 %}{{ a }}'].map((text) => compileTemplate(text, SCOPE));
  assert.deepEqual(
    constants.map(({ constant }) => constant),
    ['plain', '{{', '1'],
  );
  assert.equal(compileTemplate('{{ event.title }}', SCOPE).constant, undefined);
});

test('the fields of a template are what it reads of the view, and no name of its own', () => {
  const { fields } = compileTemplate(
    '{% assign a = event.x %}{% for c in event.commits %}{{ c.m }}{{ a }}{{ forloop.index }}{% endfor %}{% if event.y %}{% endif %}',
    SCOPE,
  );
  assert.deepEqual(fields, ['event.x', 'event.commits', 'event.y']);
});

test('a part that is missing is told wherever it stands', () => {
  const missing = (source: string): readonly string[] =>
    compileTemplate(source, SCOPE).render(VIEW, { limit: 100 }).missing;
  assert.deepEqual(missing('{% capture k %}{{ event.title }}-{{ event.x }}{% endcapture %}{{ k }}'), ['event.x']);
  assert.deepEqual(missing('{% for c in event.commits %}{{ c.author.name }}{% endfor %}'), ['c.author.name']);
  assert.deepEqual(missing('{% if event.x %}{{ event.x }}{% endif %}'), []);
});

test('a text chosen by a field that is not there finds nothing', () => {
  const found = (source: string): boolean => compileTemplate(source, SCOPE).render(VIEW, { limit: 100 }).isFound;
  assert.equal(found('{% if event.x == 1 %}Do it{% else %}Do not{% endif %}'), false);
  assert.equal(found('{% for c in event.none %}{{ c }}{% endfor %}Look at these'), false);
  assert.equal(found('{% if event.number == 1 %}Do it{% else %}Do not{% endif %}'), true);
});

test('a text is never longer than its limit, however large the event', () => {
  const view = { ...VIEW, event: { big: 'ü'.repeat(500_000), list: Array.from({ length: 50_000 }, () => ({ a: 1 })) } };
  const template = compileTemplate('{{ event | json }}'.repeat(100), SCOPE);
  const { text, isCut } = template.render(view, { limit: 1000 });
  assert.deepEqual([text.length, isCut], [1000, true]);
});

test('a cut leaves no half character', () => {
  const view = { ...VIEW, event: '👩‍🚀'.repeat(20) };
  for (let limit = 1; limit < 30; limit += 1) {
    const { text } = compileTemplate('{{ event }}', SCOPE).render(view, { limit });
    assert.ok(text.isWellFormed() && text.length <= limit && !text.includes('\ufffd'), `${limit}: ${text}`);
  }
});

describe('in an address', () => {
  const url = (source: string): string => render(source, { use: 'url' });

  test('values but the first are encoded', () => {
    assert.equal(
      url('https://a.example/{{ event.title }}/{{ event.brace }}'),
      'https://a.example/Fix%20it/%7B%7B%20event.title%20%7D%7D',
    );
    assert.equal(url('{{ event.title }}/{{ event.title }}'), 'Fix it/Fix%20it');
    assert.equal(url('https://a.example/{{ event.half }}'), 'https://a.example/%EF%BF%BD');
    assert.equal(
      url('https://a.example/?q={{ event.title | append: "/../" }}'),
      'https://a.example/?q=Fix%20it%2F..%2F',
    );
    assert.equal(url('{{ "" }}{{ event.title }}'), 'Fix%20it');
  });

  test('no tag and no filter can take a value out of its part', () => {
    for (const [source, message] of [
      ['{% capture a %}https://{{ event.title }}{% endcapture %}{{ a }}', /has a tag, which a URL may not have/],
      ['https://a.example/{% if event.title %}x{% endif %}', /has a tag/],
      ['{{ event.title | prepend: "https://a.example/" }}', /begins with a value changed by prepend/],
      ['{{ "https://a.example" | append: event.title }}', /begins with a value changed by append/],
      ['https://{{ event.title }}.example/', /has a value in its host, which an event may not change/],
      ['https://a.example{{ event.title }}', /has a value in its host/],
      ['https://a.example:{{ event.title }}/', /has a value in its host/],
    ] as const) {
      assert.throws(() => url(source), { name: 'RuleError', message });
    }
    assert.equal(
      url('https://a.example/{{ event.title | raw_ }}'.replace('raw_', 'url_decode')),
      'https://a.example/Fix%20it',
    );
  });
});

describe('an event that takes a template beyond its limits is refused, and told nothing of itself, when the template', () => {
  const cases: [string, string, RegExp][] = [
    [
      'counts very far',
      '{% for i in (1..event.n) %}{% endfor %}{{ event.n }}',
      /exceeds the memory limit of templates on this event/,
    ],
    [
      'loops in loops',
      '{% for a in event.l %}{% for b in event.l %}{% for c in event.l %}{% endfor %}{% endfor %}{% endfor %}',
      /exceeds the time limit of templates on this event/,
    ],
    [
      'doubles a text',
      '{% assign s = event.s %}{% for a in event.l %}{% assign s = s | append: s %}{% endfor %}{{ s }}',
      /exceeds the memory limit of templates on this event/,
    ],
    [
      'changes what has no text',
      '{{ event.odd | upcase }}',
      /can't be rendered: \{\{ event\.odd \| upcase \}\} fails on this event/,
    ],
  ];
  for (const [what, source, message] of cases) {
    test(what, () => {
      const template = compileTemplate(source, SCOPE, { field: 'map.text' });
      const list = Array.from({ length: 2000 }, (_, index) => index);
      const event = { n: 999_999_999, l: list, s: 's3cret', odd: { toString: 1 } };
      const start = performance.now();
      assert.throws(
        () => template.render({ event }, { limit: 1000 }),
        (error) => {
          assert.ok(error instanceof ProblemError && error.code === 'invalid_event');
          assert.match(error.detail, message);
          assert.match(error.detail, /^map\.text /);
          assert.doesNotMatch(error.detail, /s3cret|liquid/i);
          assert.equal(error.errors?.[0]?.field, 'map.text');
          return true;
        },
      );
      assert.ok(performance.now() - start < 5000);
    });
  }
});

describe('a template in the words of before is read, with a warning that has the new ones', () => {
  const cases: [string, string, string, string][] = [
    [
      '{{ event.nowhere | default "x" }}',
      'x',
      '{{ event.nowhere | default "x" }}',
      '{{ event.nowhere | default: "x" }}',
    ],
    ['{{ event.title | cut 5 }}', 'Fix …', '| cut 5', '| cut: 5'],
    ['{{event.tags|join "+"}}', 'a+b', '|join "+"', '|join: "+"'],
    ['{{ event.x | default event.user["login"] }}', 'ada', 'default event', 'default: event.user["login"] }}'],
    ['{{ event.x | default event.y | default 7 | cut 1 }}', '7', 'default 7', 'default: 7 | cut: 1 }}'],
    ["{{ event.x | default 'a\\b' }}", 'a\\b', "'a\\b'", "default: 'a\\\\b'"],
    ['{{ event.commits[*].message }}', 'one, two', '[*]', '{{ event.commits | map: "message" }}'],
    ['{{ event.commits[*].author.name | join "; " }}', 'Ada', '[*]', '| map: "author.name" | join: "; " }}'],
    ['{{ event.tags[*] }}', 'a, b', '[*]', '{{ event.tags }}'],
  ];
  for (const [source, text, old, now] of cases) {
    test(source, () => {
      const warnings: string[] = [];
      const template = compileTemplate(source, SCOPE, { warn: (message) => warnings.push(message) });
      assert.equal(template.render(VIEW, { limit: 100 }).text, text);
      assert.equal(warnings.length, 1);
      const [before = '', after = ''] = (warnings[0] ?? '').split(': write ');
      assert.ok(before.includes(old) && after.includes(now), warnings[0]);
      assert.equal(render(after), text);
    });
  }
});

describe('a template is refused, with the fix, when it has', () => {
  const cases: [string, RegExp][] = [
    ['{{ evnt.title }}', /^uses "evnt\.title", but there is no "evnt" here: begin with event, headers, source/],
    ['{{ toString }}', /there is no "toString" here/],
    ['{{ }}', /is not valid Liquid at column 4/],
    ['{{ event.title', /is not valid Liquid at column 1, output "\{\{ event\.title" not closed/],
    ['a\nb {{ event.title', /is not valid Liquid at line 2, column 3/],
    ['{{{ event.title }}}', /is not valid Liquid/],
    ['{{ event.title event.number }}', /write one path/],
    ['{{ event.title | }}', /filters after \|/],
    ['{{ event.title | upper }}', /^uses the unknown filter "upper": did you mean upcase\?$/],
    ['{{ event.title | toUpperCase }}', /did you mean upcase\?$/],
    ['{{ event.title | trim }}', /did you mean strip\?$/],
    ['{{ event.list | length }}', /did you mean size\?$/],
    ['{{ event.title | frobnicate }}', /^uses the unknown filter "frobnicate": write one of/],
    ['{{ event.title | upcas }}', /the unknown filter "upcas": did you mean upcase\?/],
    ['{{ event.title | constructor }}', /the unknown filter "constructor"/],
    ['{{ event.list | where_exp: "item", event.expression }}', /the unknown filter "where_exp"/],
    ['{{ event.title | cut }}', /cut without a length/],
    ['{{ event.title | cut: 0 }}', /cut without a length/],
    ['{{ event.title | cut: "5" }}', /cut without a length/],
    ['{{ event.title | default }}', /default without a value/],
    ['{{ event..title }}', /"event\.\.title", which is not a path/],
    ['{{ event. }}', /not a path/],
    ['{{ .event }}', /not a path/],
    ['{{ [0] }}', /not a path/],
    ['{{ event[x] }}', /there is no "x" here/],
    ['{{ event.commits.push() }}', /write \["push\(\)"\] instead of \.push\(\)/],
    ['{{ event.k8s:name }}', /"event\.k8s:name": Liquid needs brackets around such a name, so write \["k8s:name"\]/],
    ['{{ event.a,b }}', /write \["a,b"\]/],
    ['{{ event.a.$ref }}', /write \["\$ref"\]/],
    ['{{ event.a[*].b[*].c }}', /Liquid has no \[\*\]: write \{% for item in/],
    ['{{ event.x | default: event.a[*].b }}', /Liquid has no \[\*\]/],
    ['{% if event.a[*].b %}x{% endif %}', /has \[\*\], which Liquid does not have/],
    ['{{ headers.authorization }}', /^uses "headers\.authorization", which this source does not expose/],
    ['{{ headers }}', /this source does not expose/],
    ['{{ headers.x-kind.size }}', /this source does not expose/],
    ['{{ headers | json }}', /this source does not expose/],
    ['{{ headers[event.title] }}', /this source does not expose/],
    ['{% for h in headers %}{{ h }}{% endfor %}', /this source does not expose/],
    ['{% assign h = headers %}{{ h.authorization }}', /this source does not expose/],
    ['50{% off today', /is not valid Liquid at column 3.*write \{\{ "\{%" \}\} for the characters/],
    ['{% if event.title %}x', /not closed/],
    ['{% if event.title %}{{ event.title event.x }}{% endif %}', /write one path/],
    ['{% include "x" %}', /^uses the unknown tag "include": write one of if, unless/],
    ['{% render "/etc/passwd" %}', /the unknown tag "render"/],
    ['{% layout "x" %}', /the unknown tag "layout"/],
    ['{% fr a in event %}{% endfor %}', /the unknown tag "fr": did you mean for\?/],
    ['{% for i in (1..999999999) %}{{ i }}{% endfor %}', /fails to render, whatever the event/],
    ['x'.repeat(40_001), /is not valid Liquid, parse length limit exceeded/],
  ];
  for (const [source, message] of cases) {
    test(source.slice(0, 60), () => {
      assert.throws(
        () => compileTemplate(source, SCOPE),
        (error) => {
          assert.ok(error instanceof RuleError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\.$/);
          return true;
        },
      );
    });
  }
});
