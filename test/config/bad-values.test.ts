import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { refusal, SECRET } from './load.ts';

const CLIENT = `id: ci, webhook_secret: ${SECRET}`;
const CLIENTS = `clients: [{ ${CLIENT} }]\n`;
const client = (more: string): string => `clients: [{ ${CLIENT}, ${more} }]`;
const agent = (settings: string): string => `${CLIENTS}agents: { bot: { ${settings} } }`;

describe('one line tells path, value and fix of', () => {
  const cases: [string, string, RegExp][] = [
    ['a port that is a word', `${CLIENTS}port: web`, /^port .*: "web" is not a port: write .* 0 to 65535\.$/],
    ['a port out of range', `${CLIENTS}admin_port: 65536`, /^admin_port .*: 65536 is not a port/],
    ['a port with a fraction', `${CLIENTS}port: 80.5`, /^port .*: 80\.5 is not a port/],
    ['a port that is a list', `${CLIENTS}port: [80]`, /^port .*: a list is not a port/],
    ['a host with a port', `${CLIENTS}host: "localhost:80"`, /^host .*"localhost:80" is not an IP address/],
    ['half an address', `${CLIENTS}host: "127.1"`, /^host .*"127\.1" is not an IP address or host name/],
    [
      'an address for metrics without a port',
      `${CLIENTS}sdk_metrics_address: "0.0.0.0"`,
      /^sdk_metrics_address .*"0\.0\.0\.0" is not an IP address and port: write it as 127\.0\.0\.1:9464/,
    ],
    ['one by a host name', `${CLIENTS}sdk_metrics_address: "localhost:9464"`, /^sdk_metrics_address .*is not an IP/],
    [
      'one with a port out of range',
      `${CLIENTS}sdk_metrics_address: "[::]:65536"`,
      /^sdk_metrics_address .*is not an IP/,
    ],
    [
      'a path without slash',
      `${CLIENTS}endpoint_path: invoke`,
      /^endpoint_path .*"invoke" is not a plain path: write it/,
    ],
    ['a path with a parameter', `${CLIENTS}endpoint_path: "/a/:b"`, /^endpoint_path .*is not a plain path/],
    [
      'a yes that is not true',
      `${CLIENTS}ingress_enabled: yes`,
      /^ingress_enabled .*"yes" is not a boolean: write true or false/,
    ],
    ['an unknown word', `${CLIENTS}log: { level: loud }`, /^log\.level .*"loud" is not supported: use one of trace,/],
    ['a queue with a space', `${CLIENTS}task_queue: "a b"`, /^task_queue .*is not a task queue name/],
    ['a duration without unit', `${CLIENTS}callback: { attempt_timeout: 15 }`, /: 15 has no unit: write 15s or 15ms/],
    ['the same as text', `${CLIENTS}callback: { attempt_timeout: "15" }`, /: "15" has no unit: write 15s/],
    ['a duration of no meaning', `${CLIENTS}callback: { dead_letter: soon }`, /"soon" is not a duration: .*14d/],
    ['an unknown unit', `${CLIENTS}callback: { dead_letter: 2w }`, /"2w" is not a duration/],
    ['a negative duration', `${CLIENTS}callback: { dead_letter: -1d }`, /"-1d" is not a duration/],
    [
      'a duration below its least',
      agent('heartbeat_timeout: 500ms'),
      /^agents\.bot\.heartbeat_timeout .*the minimum is 1s/,
    ],
    ['a duration above its most', `${CLIENTS}limits: { body_timeout: 25d }`, /"25d" is too long: the maximum is 24d/],
    [
      'one bad duration of a list',
      `${CLIENTS}callback: { retry_delays: [5s, 5] }`,
      /^callback\.retry_delays .*: 5 has no unit/,
    ],
    [
      'too many retries',
      `${CLIENTS}callback: { retry_delays: [${Array(65).fill('5s').join()}] }`,
      /more than 64 entries/,
    ],
    [
      'a size of no meaning',
      `${CLIENTS}limits: { body: big }`,
      /^limits\.body .*"big" is not a size: write a number of bytes/,
    ],
    [
      'a size that Temporal would not take',
      agent('max_answer_bytes: 2MiB'),
      /max_answer_bytes .*is more than Temporal takes, which is 1536KiB: set payloads\.storage/,
    ],
    ['no attempts', agent('max_attempts: 0'), /^agents\.bot\.max_attempts .*: 0 is not a number: .* from 1 to 100\.$/],
    ['no concurrency', agent('concurrency: 0'), /^agents\.bot\.concurrency .*: 0 is not a number/],
    [
      'a URL of another scheme',
      agent('url: "ftp://a"'),
      /^agents\.bot\.url .*"ftp:\/\/a" is not an http\(s\) URL: write it as http/,
    ],
    [
      'a URL with a password',
      agent('url: "http://u:hidden@a"'),
      /^agents\.bot\.url .*"…@a" contains credentials: remove/,
    ],
    ['a URL with a query', agent('url: "http://a?key=hidden"'), /^agents\.bot\.url .*"http:\/\/a…" has a query/],
    [
      'an unknown type of agent',
      agent('type: oracle'),
      /^agents\.bot\.type .*"oracle" is not an agent type: use one of garudust, /,
    ],
    ['a setting of another type', agent('type: demo, url: "http://a"'), /^agents\.bot\.url .* is not a setting here/],
    ['an agent without a name', `${CLIENTS}agents: { "": {} }`, /^agents\. .* is not a name/],
    ['an agent with a bad name', `${CLIENTS}agents: { "a b": {} }`, /^agents\.a… .* is not a name: use up to 64/],
    [
      'an agent that is no block',
      `${CLIENTS}agents: { bot: fast }`,
      /^agents\.bot .* must be a block of settings, not text/,
    ],
    ['a list of agents', `${CLIENTS}agents: [bot]`, /^agents .* must be a block of settings, not a list/],
    ['no agents', `${CLIENTS}agents: {}`, /^agents .*is empty: add an agent/],
    [
      'a network of no meaning',
      `${CLIENTS}callback: { permit_networks: [lan] }`,
      /"lan" is not a network in CIDR form/,
    ],
    [
      'a prefix too long',
      `${CLIENTS}callback: { permit_networks: [10.0.0.0/33] }`,
      /"10\.0\.0\.0\/33" has an invalid prefix/,
    ],
    ['a zone in a network', `${CLIENTS}callback: { permit_networks: ["fe80::1%eth0/64"] }`, /is not a network/],
    [
      'a domain that is a URL',
      client('allowed_callback_domains: "https://a.b/c"'),
      /"https:\/\/a\.b\/c" is not a host name/,
    ],
    ['a domain with a port', client('allowed_callback_domains: ["a.b:443"]'), /"a\.b:443" is not a host name/],
    [
      'comments that come too late',
      `${CLIENTS}limits: { stream_keep_alive: 1m }`,
      /^limits\.stream_keep_alive .* is 1m and stream_stalled_timeout is 1m, which closes every idle stream/,
    ],
    ['no list', `${CLIENTS}limits: { lists_per_second: 0 }`, /^limits\.lists_per_second .*: 0 is not a number/],
    ['a wait of nothing', agent('retry_delay: 0s'), /retry_delay .*: "0s" is too short: the minimum is 100ms/],
    ['another requirement', client('require: nonce'), /require.*"nonce" is not supported: use one of timestamp/],
    ['a user that is a number', client('allowed_user_ids: [1001]'), /allowed_user_ids.*: 1001 is a number: put it in/],
    ['a user that is a block', client('allowed_user_ids: [{ a: 1 }]'), /: a block is not a user id: write 1 to 512/],
    ['a user that is blank', client('allowed_user_ids: ["  "]'), /: "  " is not a user id/],
    ['a user of two lines', client(String.raw`allowed_user_ids: ["a\nb"]`), /is not a user id/],
    [
      'a user with a space behind it',
      client('allowed_user_ids: ["a "]'),
      /: "a " starts or ends with white space: remove/,
    ],
    ['a user that is too long', client(`allowed_user_ids: [${'a'.repeat(513)}]`), /…" is not a user id/],
    ['no permitted user', client('allowed_user_ids: []'), /allowed_user_ids .*is empty, which refuses every task/],
    ['a wildcard in the midst', client('allowed_callback_domains: ["a.*.b"]'), /"a\.\*\.b" is not a host name/],
    [
      'a client without id',
      `clients: [{ webhook_secret: ${SECRET} }]`,
      /^clients\[0\]\.id .* is missing: add it to the file/,
    ],
    [
      'a client with a colon',
      `clients: [{ id: "a:b", webhook_secret: ${SECRET} }]`,
      /^clients\[0\]\.id .*"a:b" is not a name/,
    ],
    [
      'a client without secret',
      'clients: [{ id: ci }]',
      /^clients\[0\]\.webhook_secret .* is missing: add it to the file\.$/,
    ],
    ['a client that is no block', `clients: [${SECRET}]`, /^clients\[0\] .* must be a block of settings, not text/],
    ['clients that are a block', `clients: { ${CLIENT} }`, /^clients .* must be a list, not a block/],
    ['no client', 'clients: []', /^clients .* is empty: add a client/],
    [
      'two clients of one id',
      `clients: [{ ${CLIENT} }, { id: ci, webhook_secret: other-secret }]`,
      /^clients\[1\]\.id .*clients\[0\]\.id/,
    ],
    [
      'two clients with one secret',
      `clients: [{ ${CLIENT} }, { id: b, webhook_secret: [new-secret, ${SECRET}] }]`,
      /^clients\[1\]\.webhook_secret .* has a value that clients\[0\]\.webhook_secret also has: give each client its own/,
    ],
    [
      'two clients with one key',
      `clients: [{ ${CLIENT}, api_key: key-number-1 }, { id: b, webhook_secret: other-secret, api_key: key-number-1 }]`,
      /^clients\[1\]\.api_key .* has a value that clients\[0\]\.api_key also has/,
    ],
    [
      'an unknown agent of a client',
      client('agents: [oracle]'),
      /^clients\[0\]\.agents .*"oracle", which is not defined: use one of garudust/,
    ],
    ['an unknown default agent', `${CLIENTS}default_agent: oracle`, /^default_agent .*"oracle", which is not defined/],
    [
      'a secret that is a number',
      'clients: [{ id: ci, webhook_secret: 12345678 }]',
      /: the value is not text: put it in quotes/,
    ],
    [
      'an empty secret',
      'clients: [{ id: ci, webhook_secret: "" }]',
      /^clients\[0\]\.webhook_secret .*: the value is empty/,
    ],
    ['no secrets in a list', 'clients: [{ id: ci, webhook_secret: [] }]', /: the value is an empty list/],
    [
      'a secret with spaces around',
      'clients: [{ id: ci, webhook_secret: [" abcdefgh "] }]',
      /starts or ends with a space/,
    ],
    [
      'a secret that nobody filled in',
      'clients: [{ id: ci, webhook_secret: "$${SECRET}" }]',
      /is a variable name in place of a secret/,
    ],
    [
      'a whsec_ that is cut',
      'clients: [{ id: ci, webhook_secret: "whsec_MfKQ9r8" }, ]',
      /shorter than 8 characters|not base64/,
    ],
    [
      'a whsec_ that is no base64',
      'clients: [{ id: ci, webhook_secret: "whsec_not base64!" }]',
      /the rest is not base64/,
    ],
    ['a private key', 'clients: [{ id: ci, webhook_secret: "whsk_abcdefghijk" }]', /is a key of a key pair/],
    [
      'a weak secret',
      'clients: [{ id: ci, webhook_secret: "1234567" }]',
      /^clients\[0\]\.webhook_secret .*shorter than 8 characters/,
    ],
    ['a weak key', client('api_key: [long-enough, short]'), /^clients\[0\]\.api_key .*shorter than 8 characters/],
    ['a weak callback secret', client('callback_secret: short'), /^clients\[0\]\.callback_secret .*shorter than 8/],
    [
      'a key with a space',
      client('api_key: [one-good-key, "one bad key"]'),
      /^clients\[0\]\.api_key .*: entry 2 contains a space/,
    ],
    [
      'a key with an umlaut',
      agent('api_key: "schlüssel"'),
      /^agents\.bot\.api_key .*: the value contains a space or a character/,
    ],
    [
      'a reserved header',
      client('callback_headers: { Host: a }'),
      /: the header Host is set by garudust-temporal: remove it/,
    ],
    [
      'a header with two lines',
      client('callback_headers: { X-A: "a\\nb" }'),
      /: the header X-A has a value that is not visible ASCII text/,
    ],
    [
      'a header that is a number',
      client('callback_headers: { X-A: 5 }'),
      /: the header X-A has a value that is not visible ASCII text/,
    ],
    ['a header of no name', client('callback_headers: { "X A": a }'), /: the header X has an invalid name/],
    [
      'a rate without a unit',
      client('rate_limit: 100'),
      /^clients\[0\]\.rate_limit .*: 100 is not a rate: write .* 100\/s/,
    ],
    ['a rate by the day', client('rate_limit: 100/d'), /^clients\[0\]\.rate_limit .*"100\/d" is not a rate/],
    ['a rate of nothing', client('rate_limit: 0/s'), /^clients\[0\]\.rate_limit .*"0\/s" is zero/],
    ['a rate beyond counting', client('rate_limit: 1000001/s'), /is too high: the maximum is 1000000/],
    ['nothing in flight', client('max_in_flight: 0'), /^clients\[0\]\.max_in_flight .*: 0 is not a number/],
    ['no deliveries at all', `${CLIENTS}limits: { max_in_flight: 0 }`, /^limits\.max_in_flight .*: 0 is not a number/],
    ['headers that are a list', client('callback_headers: [a]'), /is not a block of headers: write \{hosts: /],
    [
      'headers for any address',
      client('callback_headers: { X-A: a }'),
      /^clients\[0\]\.callback_headers .*has no hosts, so a caller could have these headers sent to any address: write \{hosts: /,
    ],
    [
      'headers for no host',
      client('callback_headers: { hosts: [], headers: { X-A: a } }'),
      /has no hosts: write \{hosts/,
    ],
    ['headers without hosts', client('callback_headers: { headers: { X-A: a } }'), /has no hosts: write \{hosts/],
    ['hosts without headers', client('callback_headers: { hosts: [a.example.com] }'), /has no block of headers: write/],
    [
      'a bad host of headers',
      client('callback_headers: { hosts: ["https://a"], headers: { X-A: a } }'),
      /is not a host name: write it as ci\.example\.com/,
    ],
    [
      'a header beside the hosts',
      client('callback_headers: { hosts: [a], headers: { X-A: a }, X-B: b }'),
      /has X-B beside hosts and headers: write/,
    ],
    [
      'a bad header of a host',
      client('callback_headers: { hosts: [a], headers: { Host: a } }'),
      /: the header Host is set by garudust-temporal: remove it/,
    ],
    [
      'less total than attempt',
      agent('attempt_timeout: 2h'),
      /^agents\.bot\.total_timeout .*is 1h, shorter than attempt_timeout \(2h\)/,
    ],
    ['a mistyped setting', `${CLIENTS}prot: 80`, /^prot .*is not a setting: did you mean port\?/],
    [
      'a mistyped setting below',
      `${CLIENTS}callback: { retry_delay: [] }`,
      /^callback\.retry_delay .*did you mean retry_delays\?/,
    ],
    ['a mistyped setting of a client', client('api_kes: a'), /^clients\[0\]\.api_kes .*did you mean api_key\?/],
    [
      'a mistyped setting of an agent',
      agent('max_atempts: 1'),
      /^agents\.bot\.max_atempts .*did you mean max_attempts\?/,
    ],
    [
      'a setting of a block at the top',
      `${CLIENTS}journal_dir: /var/lib/journal`,
      /^journal_dir .*is not a setting here: did you mean worker\.journal_dir\?$/,
    ],
    [
      'an unknown setting',
      `${CLIENTS}colour: red`,
      /^colour .*is not a setting here: remove it, or use one of .*host, .*webhook_adapter\.$/,
    ],
    [
      'a setting of Temporal',
      `${CLIENTS}temporal_address: "a:7233"`,
      /^temporal_address .*configure the Temporal connection with TEMPORAL_\* variables/,
    ],
    ['a text where a block belongs', `${CLIENTS}limits: 5`, /^limits .*must be a block of settings, not a number/],
  ];
  for (const [name, yaml, message] of cases) {
    test(name, () => {
      const lines = refusal({ yaml });
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', message);
      assert.match(lines[0] ?? '', /\(garudust-temporal\.yaml line \d\)/);
      assert.doesNotMatch(lines[0] ?? '', /hidden/);
    });
  }
});

test('production without a secret is refused, and told both ways to set one', () => {
  assert.deepEqual(refusal({ env: {} }), [
    'clients[0].webhook_secret is missing: set GARUDUST_WEBHOOK_SECRET in the environment, or add it to the file.',
  ]);
});

test('a flag without effect is refused', () => {
  const yaml = `${CLIENTS}agents: { bot: { type: demo } }`;
  assert.match(
    refusal({ yaml, flags: { garudustUrl: 'http://a' } }).join(),
    /^--garudust-url configures the agent "garudust", which the file does not define/,
  );
});

test('every bad entry of a list is told', () => {
  const lines = refusal({ yaml: client('allowed_callback_domains: ["a/b", good.example, "c:1"]') });
  assert.deepEqual(
    lines.map((line) => /"(.*?)"/.exec(line)?.[1]),
    ['a/b', 'c:1'],
  );
});
