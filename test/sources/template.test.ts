import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RuleError } from '../../src/sources/rule-error.ts';
import { compileTemplate, type RenderOptions } from '../../src/sources/template.ts';

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
      "brace": "{{ event.title }}", "half": "\\ud83d", "big": ${'1'.repeat(30)}, "huge": 1e400}`,
  ) as unknown,
};

function render(source: string, options: Partial<RenderOptions> = {}): string {
  return compileTemplate(source, SCOPE).render(VIEW, { limit: 10_000, ...options }).text;
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
    ['{{ event.commits[*].message }}', 'one, two'],
    ['{{ event.commits[*].message | join "\\n- " }}', 'one\n- two'],
    ["{{ event.commits[*].message | join ' + ' }}", 'one + two'],
    ['{{ event.commits.length }}', '2'],
    ['{{ event.tags }} {{ event.mixed }} {{ event.nested[*] }}', 'a, b ["a",{"b":1}] [[1,2],[3]]'],
    ['{{ event.nested[*][*] }}', '1, 2, 3'],
    ['{{ event.user | json }}', '{"login":"ada","name.with.dots":"Ada","sp ace":{"ü":1}}'],
    ['{{ event.title | json }} {{ event.nothing | json }}.', '"Fix it" .'],
    ['{{ event.user | json | cut 9 }}', '{"login"…'],
    ['{{ event.title | cut 6 }} {{ event.title | cut 5 }}', 'Fix it Fix …'],
    ['{{ event.nowhere | default "none" }} {{ event.nothing | default 7 }}', 'none 7'],
    ["{{ event.empty | default 'it\"s' }}", 'it"s'],
    ['{{ event.none | default "no list" }}', 'no list'],
    ['{{ event.nowhere | default event.empty | default event.title }}', 'Fix it'],
    ['{{ event.draft | default "other" }}', 'false'],
    ['{{ "{{" }} {{ \'}}\' }}', '{{ }}'],
    ['{{ source }} {{ headers.x-kind }} {{ headers.X-Kind }}', 'ci build build'],
    ['{{ event.brace }}', '{{ event.title }}'],
    ['a{{ event.half }}b', 'a\ufffdb'],
    ['{{ event.huge }}', 'Infinity'],
  ];
  for (const [source, text] of cases) test(source, () => assert.equal(render(source), text));
});

describe('a template never reaches', () => {
  const paths = [
    'event.toString',
    'event.user.constructor',
    'event.user.__proto__',
    'event.user["__proto__"].constructor',
    'event.title.length',
    'event.title.constructor',
    'event.commits.map',
    'event.commits["constructor"]',
    'event.commits[7]',
    'event.number.toFixed',
    'event.commits.push()',
  ];
  for (const path of paths) {
    test(path, () => {
      const { text, found, missing } = compileTemplate(`{{ ${path} }}`, SCOPE).render(VIEW, { limit: 100 });
      assert.deepEqual([text, found, missing], ['', 0, [path]]);
    });
  }

  test('anything but own properties, which may have any name', () => {
    assert.equal(render('{{ event.__proto__.polluted }} {{ event.constructor.name }}'), 'own own constructor');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

test('a rendered template tells what it found, what not, and whether it was cut', () => {
  const template = compileTemplate('{{ event.title }}{{ event.a.b | json }}{{ event.user.login }}', SCOPE);
  assert.deepEqual(template.render(VIEW, { limit: 100 }), {
    text: 'Fix itada',
    found: 2,
    missing: ['event.a.b | json'],
    isCut: false,
  });
  const cut = template.render(VIEW, { limit: 4 });
  assert.deepEqual([cut.text, cut.isCut], ['Fix…', true]);
  assert.equal(compileTemplate('plain', SCOPE).isPlain, true);
  assert.equal(compileTemplate('{{ "{{" }}', SCOPE).isPlain, true);
  assert.equal(template.isPlain, false);
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

test('values but the first can be encoded', () => {
  const encode = encodeURIComponent;
  assert.equal(
    render('https://a.example/{{ event.title }}/{{ event.brace }}', { encode }),
    'https://a.example/Fix%20it/%7B%7B%20event.title%20%7D%7D',
  );
  assert.equal(render('{{ event.title }}/{{ event.title }}', { encode }), 'Fix it/Fix%20it');
  assert.equal(render('x{{ event.half }}', { encode }), 'x%EF%BF%BD');
});

describe('a template is refused, with the mend, when it has', () => {
  const cases: [string, RegExp][] = [
    ['{{ evnt.title }}', /"evnt\.title", and nothing is called evnt here: begin with event, headers, source/],
    ['{{ toString }}', /nothing is called toString/],
    ['{{ }}', /write one path or one text in quotes/],
    ['{{ event.title', /"\{\{ event\.title", which is not a place to fill in/],
    ['{{{ event.title }}}', /not a place to fill in/],
    ['{{ event.title event.number }}', /write one path/],
    ['{{ event.title | }}', /a filter is missing after \|/],
    ['{{ event.title | upper }}', /the filter "upper", which is not known: write json, default, cut, join/],
    ['{{ event.title | constructor }}', /the filter "constructor"/],
    ['{{ event.title | cut }}', /cut without a length/],
    ['{{ event.title | cut 0 }}', /cut without a length/],
    ['{{ event.title | cut "5" }}', /cut without a length/],
    ['{{ event.title | default }}', /default without a value/],
    ['{{ event.title | json 2 }}', /json an argument/],
    ['{{ event.title | join }}', /join without a text/],
    ['{{ event.title | default "a" "b" }}', /two arguments/],
    ['{{ event.title | default "\\x" }}', /not text in the quotes of JSON/],
    ['{{ event..title }}', /"event\.\.title", which is not a path/],
    ['{{ event. }}', /not a path/],
    ['{{ .event }}', /not a path/],
    ['{{ [0] }}', /not a path/],
    ['{{ event[x] }}', /not a path/],
    ['{{ event.commits[-1] }}', /not a path/],
    ['{{ headers.authorization }}', /"headers\.authorization", which is not a header that this source shows/],
    ['{{ headers }}', /not a header that this source shows/],
    ['{{ headers | json }}', /not a header that this source shows/],
    ['{{ headers[*] }}', /not a header that this source shows/],
    [`{{ event${'.a'.repeat(40)} }}`, /more than 32 steps/],
    ['{{ event.a }}'.repeat(101), /more than 100 places/],
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
