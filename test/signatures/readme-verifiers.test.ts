import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { signRequest } from '../../src/signatures/sign-request.ts';
import { reportMissingTool } from '../support/missing-tool.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { documentedCode } from '../support/documented-code.ts';

const SECRET = "It's a Secret to Everybody";
/** Text in the form of a callback, with what is often lost on the way: other scripts, escapes and a line break. */
const BODY = '{"text":"Grüße ♥ \\"quoted\\" \\u001b","run_id":"run-4x7q"}\n';

/** What a verifier is given, and whether it must accept it. */
const CASES: readonly (readonly [body: string, header: string, genuine: boolean])[] = [
  // The vector of GitHub's documentation.
  ['Hello, World!', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17', true],
  [BODY, signed(BODY), true],
  ['', signed(''), true],
  [`${BODY} `, signed(BODY), false],
  [BODY, signed(BODY).slice(0, -1), false],
  [BODY, signed(BODY, 'another secret'), false],
  [BODY, 'sha256=', false],
  [BODY, '', false],
];

function signed(body: string, secret = SECRET): string {
  return signRequest({ secrets: [secret], id: 'run-4x7q', timestamp: 1, body })['x-hub-signature-256'] ?? '';
}

async function isInstalled(program: string, ...args: string[]): Promise<boolean> {
  const found = await promisify(execFile)(program, args).catch(() => undefined);
  if (found === undefined) reportMissingTool(program, 'the README’s verifier in its language');
  return found !== undefined;
}

describe('the README’s verifier of callbacks', () => {
  test('in JavaScript accepts what is sent, and nothing else', async () => {
    const source = `data:text/javascript,${encodeURIComponent(documentedCode('README.md', 'js', 'isGenuine'))}`;
    const { isGenuine } = (await import(source)) as {
      isGenuine: (body: string, header: string | undefined, secret: string) => boolean;
    };
    for (const [body, header, genuine] of CASES) assert.equal(isGenuine(body, header, SECRET), genuine, header);
    assert.equal(isGenuine(BODY, undefined, SECRET), false);
  });

  test('in Python does as well', async () => {
    if (!(await isInstalled('python3', '--version'))) return;
    const script = [
      documentedCode('README.md', 'python', 'is_genuine'),
      'import json, sys',
      'secret, cases = json.loads(sys.argv[1])',
      'print(json.dumps([is_genuine(body.encode(), header, secret) for body, header in cases]))',
      'assert not is_genuine(b"", None, secret)',
    ].join('\n');
    const cases = CASES.map(([body, header]) => [body, header]);
    const { stdout } = await promisify(execFile)('python3', ['-c', script, JSON.stringify([SECRET, cases])]);
    assert.deepEqual(
      JSON.parse(stdout),
      CASES.map(([, , genuine]) => genuine),
    );
  });

  test('in shell does as well', async (t: TestContext) => {
    if (!(await isInstalled('openssl', 'version'))) return;
    const cwd = temporaryFolder(t);
    for (const [body, header, genuine] of CASES) {
      writeFileSync(join(cwd, 'body.json'), body);
      const env = { PATH: process.env['PATH'], HEADER: header, SECRET };
      const run = promisify(execFile)('sh', ['-c', documentedCode('README.md', 'sh', 'body.json')], { cwd, env });
      const said = await run.then(
        ({ stdout }) => stdout,
        () => '',
      );
      assert.equal(said, genuine ? 'genuine\n' : '', header);
    }
  });
});
