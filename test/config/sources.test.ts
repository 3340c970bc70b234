import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeConfig } from '../../src/config/describe-config.ts';
import { load, refusal } from './load.ts';

const CLIENT = 'clients: [{ id: ci, webhook_secret: a-secret-of-the-tests }]\n';
const TWO =
  'clients: [{ id: a, webhook_secret: a-secret-of-a }, { id: b, webhook_secret: a-secret-of-b, agents: [one] }]\n';
const AGENTS = 'agents: { one: { type: demo }, two: { type: demo } }\n';

function sources(yaml: string, head = CLIENT): readonly string[] {
  return refusal({ yaml: `${head}sources:\n${yaml}` });
}

describe('a source in the file', () => {
  test('becomes one that the ingress can take', () => {
    const { config, warnings } = load({
      yaml: `${CLIENT}sources:
  github:
    preset: github
    secret: [first-secret, second-secret]
    events: [pull_request]
    body_limit: 5MiB
    filter: { event.action: { $in: [opened] } }
    map: { text: "Review {{ event.number }}", metadata: { a: "{{ event.number }}" } }
  mine:
    path: /mine
    hmac: { header: X-Sig, template: "{timestamp}.{body}", timestamp_header: X-Time, window_seconds: 60 }
    secret: shared-secret
  open: { unsigned: true, client: ci, agent: garudust }
`,
    });
    const [github, mine, open] = [...config.sources.values()];
    assert.deepEqual([...config.sources.keys()], ['github', 'mine', 'open']);
    assert.deepEqual(
      [github?.client, github?.path, github?.bodyLimit, github?.events, github?.map.metadata.map(([name]) => name)],
      ['ci', '/hooks/github', 5 * 1024 * 1024, ['pull_request'], ['a']],
    );
    assert.deepEqual(github?.proof.kind === 'signed' && github.proof.secrets, ['first-secret', 'second-secret']);
    assert.deepEqual([mine?.path, mine?.proof.kind], ['/mine', 'signed']);
    assert.deepEqual([open?.proof, open?.agent?.constant], [{ kind: 'unsigned' }, 'garudust']);
    assert.deepEqual(
      warnings.filter((line) => line.includes('unsigned')),
      [
        'sources.open (garudust-temporal.yaml line 14) is unsigned: anyone who finds its URL can start runs at your cost.',
      ],
    );
  });

  test('is described without its secrets', () => {
    const loaded = load({ yaml: `${CLIENT}sources: { g: { preset: github, secret: first-secret } }` });
    const shown = JSON.stringify(describeConfig(loaded));
    assert.match(shown, /"secret":"set \(12 characters\)"/);
    assert.doesNotMatch(shown, /first-secret/);
  });

  test('is not needed', () => {
    assert.equal(load().config.sources.size, 0);
    assert.deepEqual(load({ yaml: `${CLIENT}sources:` }).config.sources.size, 0);
  });
});

describe('a source of a client with permitted users', () => {
  const head = (users: string): string =>
    `clients: [{ id: ci, webhook_secret: a-secret-of-the-tests, allowed_user_ids: ${users} }]\n`;
  const judged = (source: string, users = '[ci-bot]'): readonly string[] =>
    sources(`  s: { secret: long-secret, ${source} }`, head(users));

  for (const source of [
    'preset: github',
    'scheme: bearer, map: { user_id: "{{ event.by }}" }',
    'scheme: bearer, map: { user_id: ci-bot }',
  ]) {
    test(`is taken as ${source}`, () => {
      const yaml = `${head('[ci-bot]')}sources: { s: { secret: long-secret, ${source} } }`;
      assert.equal(load({ yaml }).config.sources.size, 1);
    });
  }

  test('must be able to name one', () => {
    for (const source of ['preset: stripe', 'scheme: bearer']) {
      assert.match(
        judged(source).join(),
        /^sources\.s\.map\.user_id .*is missing, but client "ci" has allowed_user_ids/,
      );
    }
  });

  test('can name none but those', () => {
    const [line = '', ...more] = judged('scheme: bearer, map: { user_id: other-bot }');
    assert.match(line, /^sources\.s\.map\.user_id .*is not in allowed_user_ids of client "ci"/);
    assert.deepEqual(more, []);
  });

  test('is not judged by a list that is broken', () => {
    assert.match(judged('preset: stripe', '[7]').join(), /^clients\[0\]\.allowed_user_ids [^,]*put it in quotes\.$/);
  });
});

describe('a source is refused at its line when', () => {
  const cases: [string, string, string, RegExp][] = [
    [
      'its rules are broken',
      '  g: { preset: github, secret: long-secret, map: { text: "{{ evnt }}" } }',
      CLIENT,
      /^sources\.g\.map\.text \(garudust-temporal\.yaml line 3\) uses "evnt", but there is no "evnt" here/,
    ],
    [
      'it has no secret',
      '  g: { preset: github }',
      CLIENT,
      /^sources\.g\.secret \(garudust-temporal\.yaml line 3\) is missing: set the secret/,
    ],
    [
      'its secret can be guessed',
      '  g: { preset: github, secret: short }',
      CLIENT,
      /^sources\.g\.secret .* has a value shorter than 8 characters/,
    ],
    [
      'its secret is a number',
      '  g: { preset: github, secret: 12345678 }',
      CLIENT,
      /^sources\.g\.secret .*: the value is not text: put it in quotes/,
    ],
    ['its name is none', '  "a b": { preset: github, secret: long-secret }', CLIENT, /^sources\.a… .*is not a name/],
    [
      'a setting is mistyped',
      '  g: { preset: github, secret: long-secret, filtr: {} }',
      CLIENT,
      /^sources\.g\.filtr .* did you mean filter\?/,
    ],
    [
      'a template is not in quotes',
      '  g:\n    preset: github\n    secret: long-secret\n    map:\n      text: {{ event.x }}',
      CLIENT,
      /^sources\.g\.map\.text .*line 7\): .* put the template in quotes/,
    ],
    [
      'its filter is a list',
      '  g: { preset: github, secret: long-secret, filter: [a] }',
      CLIENT,
      /^sources\.g\.filter .* is not a block of conditions/,
    ],
    [
      'its metadata has an odd name',
      '  g: { preset: github, secret: long-secret, map: { metadata: { "a b": x } } }',
      CLIENT,
      /^sources\.g\.map\.metadata .*: the entry a b has an invalid name/,
    ],
    [
      'its body limit has no sense',
      '  g: { preset: github, secret: long-secret, body_limit: 1GiB }',
      CLIENT,
      /^sources\.g\.body_limit/,
    ],
    [
      "it is nobody's",
      '  g: { preset: github, secret: long-secret, client: c }',
      CLIENT,
      /^sources\.g\.client .* names the client "c", which is not defined: write one of ci\./,
    ],
    [
      'it could be of two clients',
      '  g: { preset: github, secret: long-secret }',
      TWO + AGENTS,
      /^sources\.g\.client .* is required with several clients: write one of a, b/,
    ],
    [
      'its agent is not there',
      '  g: { preset: github, secret: long-secret, agent: three }',
      CLIENT + AGENTS,
      /^sources\.g\.agent .* names the agent "three", which client "ci" may not use: write one of one, two/,
    ],
    [
      'its agent is not for its client',
      '  g: { preset: github, secret: long-secret, client: b, agent: two }',
      TWO + AGENTS,
      /^sources\.g\.agent .* names the agent "two", which client "b" may not use: write one of one\./,
    ],
    [
      "its path is the endpoint's",
      '  g: { preset: github, secret: long-secret, path: /tasks }',
      `${CLIENT}endpoint_path: /tasks\n`,
      /^sources\.g\.path .* is \/tasks, which endpoint_path also uses/,
    ],
  ];
  for (const [when, yaml, head, message] of cases) {
    test(when, () => {
      const lines = sources(yaml, head);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', message);
    });
  }
});

test('former words in a source are read, with a warning that names the line and the new words', () => {
  const { warnings } = load({
    yaml: `${CLIENT}sources:
  g:
    preset: github
    secret: long-secret
    filter:
      event.action: { $neq: closed }
    map:
      text: '{{ event.title | default "none" }}'
`,
  });
  assert.deepEqual(
    warnings.filter((line) => line.startsWith('sources.')),
    [
      'sources.g.map.text (garudust-temporal.yaml line 9) uses the old syntax {{ event.title | default "none" }}: write {{ event.title | default: "none" }}.',
      'sources.g.filter (garudust-temporal.yaml line 6) has $neq, which is now called $ne: rename it.',
    ],
  );
});

test('faults of sources are reported with all other faults, each once', () => {
  const lines = refusal({
    yaml: 'port: 99999\nclients: [{ id: a }]\nsources:\n  g: { preset: github, secret: x, map: { text: "{{ a }}" } }\n  h: { preset: nope, secret: 1 }',
  });
  assert.deepEqual(lines.map((line) => (line.split(' ')[0] ?? '').replace(/:$/, '')).toSorted(), [
    'clients[0].webhook_secret',
    'port',
    'sources.g.map.text',
    'sources.g.secret',
    'sources.h.secret',
  ]);
});

describe('a source whose tasks a person approves', () => {
  const HEAD = `public_url: https://agents.example.com
answer_link_secret: whsec_bGlua3NlY3JldG9mdGhlY29uZmlndGVzdHM=
clients: [{ id: ci, webhook_secret: a-secret-of-the-tests, callback_questions: true }]
`;
  const asking = (url: string): string =>
    `  mine: { unsigned: true, approval: { required: true }, map: { text: Go, callback_url: "${url}" } }\n`;

  test('does not let an event choose where the link goes that answers the question', () => {
    const [fault] = sources(asking('{{ event.reply_to }}'), HEAD);
    assert.match(fault ?? '', /sources\.mine\.map\.callback_url .*could approve its own task: write scheme and host/);
  });

  test('may have the address of the operator, with a part of the event', () => {
    const { config } = load({ yaml: `${HEAD}sources:\n${asking('https://ops.example.com/{{ event.id }}')}` });
    assert.equal(config.sources.size, 1);
  });
});
