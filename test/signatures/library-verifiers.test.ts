import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { toLibrarySecret } from '../../src/signatures/secret-key.ts';
import { signRequest } from '../../src/signatures/sign-request.ts';
import { load } from '../config/load.ts';
import { installPythonTool } from '../support/python-tool.ts';
import { documentedCode } from '../support/documented-code.ts';

const PAGE = 'docs/callbacks.md';
const BODY = '{"text":"Grüße ♥ \\"quoted\\"","run_id":"run-4x7q"}';
/** The pages and files that tell somebody to make a secret. */
const PLACES = ['README.md', PAGE, 'docs/configuration.md', '.env.example', 'deploy/kubernetes/secret.example.yaml'];

interface Case {
  readonly name: string;
  /** What signs. */
  readonly secret: string;
  /** What the library is given. */
  readonly given: string;
  readonly change?: (body: string) => string;
  readonly genuine: boolean;
}

/** What a person gets who does as the page says. */
function makeSecret(place: string): string {
  const text = readFileSync(new URL(`../../${place}`, import.meta.url), 'utf8');
  const [command = ''] = /echo whsec_\$\([^)]+\)/.exec(text) ?? [];
  assert.notEqual(command, '', `${place} has no command for a secret`);
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();
}

/** What the page has an owner of an old secret give to a library. */
function convert(secret: string): string {
  const text = readFileSync(new URL(`../../${PAGE}`, import.meta.url), 'utf8');
  const [command = ''] = /echo whsec_\$\(printf[^`]+\)/.exec(text) ?? [];
  const env = { PATH: process.env['PATH'], SECRET: secret };
  return execFileSync('sh', ['-c', command.replace('\\|', '|')], { encoding: 'utf8', env }).trim();
}

function cases(): Case[] {
  const devSecret = load({ mode: 'dev', env: {} }).generated[0]?.webhookSecret ?? '';
  const documented = PLACES.map((place) => ({ name: place, secret: makeSecret(place) }));
  const asTheyAre = [...documented, { name: 'dev', secret: devSecret }];
  const old = ['0123456789abcdef0123456789abcdef01234567', 'Grüße, an old secret', 'deadbeef'];
  return [
    ...asTheyAre.map(({ name, secret }) => ({ name, secret, given: secret, genuine: true })),
    ...old.map((secret) => ({ name: `old: ${secret}`, secret, given: convert(secret), genuine: true })),
    // What the page warns of: the libraries read it as base64.
    { name: 'an old one as it is', secret: old[0] ?? '', given: old[0] ?? '', genuine: false },
    { name: 'another body', secret: devSecret, given: devSecret, change: (body) => `${body} `, genuine: false },
    { name: 'another secret', secret: devSecret, given: makeSecret(PAGE), genuine: false },
  ];
}

const CASES = cases().map((one) => {
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = signRequest({ secrets: ['a first one', one.secret], id: 'run-4x7q', timestamp, body: BODY });
  return { ...one, headers, body: one.change?.(BODY) ?? BODY };
});

describe('a Standard Webhooks library checks callbacks as the page shows,', () => {
  for (const library of ['standardwebhooks', 'svix']) {
    test(`${library} of npm`, async () => {
      const code = documentedCode(PAGE, 'js', `from '${library}'`);
      const at = import.meta.resolve(library);
      const source = `data:text/javascript,${encodeURIComponent(code.replace(`'${library}'`, `'${at}'`))}`;
      const { readCallback } = (await import(source)) as {
        readCallback: (body: string, headers: Readonly<Record<string, string>>, secret: string) => unknown;
      };
      for (const { name, body, headers, given, genuine } of CASES) {
        if (genuine) assert.deepEqual(readCallback(body, headers, given), JSON.parse(BODY), name);
        else assert.throws(() => readCallback(body, headers, given), /No matching signature/, name);
      }
    });
  }

  test('standardwebhooks of PyPI', { timeout: 120_000 }, async () => {
    const tool = { key: 'standardwebhooks-1.1.0', packages: ['standardwebhooks==1.1.0'] };
    const programs = await installPythonTool(tool, 'the callbacks page’s verifier with standardwebhooks of PyPI');
    if (programs === undefined) return;
    const script = `${documentedCode(PAGE, 'python', 'standardwebhooks')}
import json, sys

def text_of(body, headers, secret):
    try:
        return read_callback(body.encode(), headers, secret)["run_id"]
    except Exception as error:
        return str(error)

print(json.dumps([text_of(*case) for case in json.loads(sys.argv[1])]))`;
    const given = JSON.stringify(CASES.map((one) => [one.body, one.headers, one.given]));
    const { stdout } = await promisify(execFile)(join(programs, 'python'), ['-c', script, given]);
    const said = JSON.parse(stdout) as string[];
    for (const [index, { name, genuine }] of CASES.entries()) {
      assert.match(said[index] ?? '', genuine ? /^run-4x7q$/ : /No matching signature/, name);
    }
  });
});

test('the form for a library is the one that the page makes', () => {
  for (const secret of ['Grüße, an old secret', '0123456789abcdef'])
    assert.equal(toLibrarySecret(secret), convert(secret));
  assert.equal(toLibrarySecret('whsec_YWxwaGE='), 'whsec_YWxwaGE=');
  for (const none of ['', ' ', 'whsec_?', 'whpk_x', 'whsk_x']) assert.equal(toLibrarySecret(none), undefined);
});

test('the whole text of the same secret is the key of X-Hub-Signature-256', () => {
  const secret = makeSecret(PAGE);
  const headers = signRequest({ secrets: [secret], id: 'run-4x7q', timestamp: 1, body: BODY });
  const hmac = createHmac('sha256', Buffer.from(secret)).update(BODY).digest('hex');
  assert.equal(headers['x-hub-signature-256'], `sha256=${hmac}`);
});
