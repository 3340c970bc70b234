import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { buildTemporalCli } from '../../src/cli/temporal-server/build-temporal-cli.ts';
import {
  cachedCliPath,
  placeFile,
  TEMPORAL_CLI_VERSION,
  userCacheDir,
} from '../../src/cli/temporal-server/cli-cache.ts';
import { downloadTemporalCli } from '../../src/cli/temporal-server/download-temporal-cli.ts';
import {
  type CliSteps,
  findTemporalCli,
  type FoundCli,
  readCliVersion,
  TemporalCliNotFoundError,
} from '../../src/cli/temporal-server/find-temporal-cli.ts';

const RUNS = `#!/bin/sh\necho "temporal version ${TEMPORAL_CLI_VERSION} (Server 1.31.2)"\n`;

describe('finding a Temporal CLI', () => {
  test('takes the file that TEMPORAL_CLI_PATH names before all others', async (t) => {
    const place = await makePlace(t);
    const named = await place.program('named/temporal');
    await place.program('path/temporal');
    await place.program(place.cachedName);
    const found = await place.find({ TEMPORAL_CLI_PATH: named });
    assert.deepEqual(found, { path: named, how: 'TEMPORAL_CLI_PATH', version: TEMPORAL_CLI_VERSION });
  });

  test('takes `temporal` on PATH next, past folders without it and files that are none', async (t) => {
    const place = await makePlace(t);
    await place.program(place.cachedName);
    await mkdir(join(place.folder, 'empty', 'temporal'), { recursive: true });
    await writeFile(await place.at('plain/temporal'), RUNS, { mode: 0o644 });
    const onPath = await place.program('path/temporal');
    const folders = ['nowhere', 'empty', 'plain', 'path'].map((name) => join(place.folder, name));
    const found = await place.find({ PATH: ['', ...folders].join(delimiter) });
    assert.deepEqual([found.how, found.path], ['path', onPath]);
  });

  test('takes the cached copy next, and where `temporal` on PATH is another program', async (t) => {
    const place = await makePlace(t);
    const cached = await place.program(place.cachedName);
    assert.deepEqual(await place.find({}), { path: cached, how: 'cache', version: TEMPORAL_CLI_VERSION });
    await place.program('path/temporal', '#!/bin/sh\necho temporal sorts files by time\n');
    assert.equal((await place.find({})).how, 'cache');
  });

  test('lets the SDK download next, into the cache, and says so before', async (t) => {
    const place = await makePlace(t);
    const log: string[] = [];
    const found = await place.find(
      {},
      { download: () => place.program(place.cachedName).then(() => void log.push('download')) },
      log,
    );
    assert.equal(found.how, 'download');
    assert.equal(found.path, join(place.folder, place.cachedName));
    assert.deepEqual(log, ['downloading the Temporal CLI (first run only)', 'download']);
    assert.equal((await place.find({})).how, 'cache');
  });

  test('replaces a cached copy that does not run', async (t) => {
    const place = await makePlace(t);
    await place.program(place.cachedName, 'neither a script nor a program');
    const found = await place.find({}, { download: () => place.program(place.cachedName).then(() => undefined) });
    assert.equal(found.how, 'download');
  });

  test('builds with Go last, into the cache, and says how long that takes', async (t) => {
    const place = await makePlace(t);
    const log: string[] = [];
    const found = await place.find(
      {},
      { download: refuse('no network'), build: () => place.program(place.cachedName).then(() => undefined) },
      log,
    );
    assert.equal(found.how, 'build');
    assert.equal(found.path, join(place.folder, place.cachedName));
    assert.deepEqual(log, [
      'downloading the Temporal CLI (first run only)',
      'building the Temporal CLI with Go (first run only, 3 to 7 minutes)',
    ]);
  });

  test('lists every way with why it failed when none works', async (t) => {
    const place = await makePlace(t);
    const error = await place
      .find({}, { download: refuse('no network'), build: refuse('`go` is not on PATH') })
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof TemporalCliNotFoundError);
    assert.deepEqual(
      error.tries.map(({ how }) => how),
      ['TEMPORAL_CLI_PATH', 'path', 'cache', 'download', 'build'],
    );
    assert.equal(
      error.message,
      [
        'No Temporal CLI found, so no Temporal dev server can start. Tried in this order:',
        '  1. TEMPORAL_CLI_PATH: is not set',
        '  2. `temporal` on PATH: not found',
        `  3. the copy in the cache: ${join(place.folder, place.cachedName)} does not exist`,
        '  4. download by the Temporal SDK: no network',
        '  5. build with Go: `go` is not on PATH',
        'Fix one of these, or set TEMPORAL_ADDRESS to a running Temporal server.',
      ].join('\n'),
    );
  });

  test('looks no further when TEMPORAL_CLI_PATH names a file that does not serve', async (t) => {
    const place = await makePlace(t);
    await place.program('path/temporal');
    const missing = join(place.folder, 'missing');
    await assert.rejects(place.find({ TEMPORAL_CLI_PATH: missing }), {
      name: 'TemporalCliNotFoundError',
      message: `TEMPORAL_CLI_PATH is not a usable Temporal CLI: ${missing} does not exist. Correct it, or unset it to search elsewhere.`,
    });
  });

  test('keeps the cache where each system keeps caches', () => {
    const home = { HOME: '/home/x' };
    assert.equal(userCacheDir(home, 'linux'), '/home/x/.cache/garudust-temporal');
    assert.equal(userCacheDir(home, 'darwin'), '/home/x/Library/Caches/garudust-temporal');
    assert.equal(userCacheDir({ ...home, XDG_CACHE_HOME: '/c' }, 'linux'), '/c/garudust-temporal');
    assert.match(userCacheDir({ LOCALAPPDATA: 'L' }, 'win32'), /^L.garudust-temporal$/);
    assert.match(cachedCliPath('/c', 'win32'), /temporal-cli-1\.8\.2.temporal\.exe$/);
  });

  test('tries the tools of this machine when no step is put in place', async (t) => {
    const place = await makePlace(t);
    const env = { ...place.env, ...deadProxy(1) };
    const error = await findTemporalCli({ env, cacheDir: place.cacheDir }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof TemporalCliNotFoundError);
    assert.match(
      error.message,
      /4\. download by the Temporal SDK: download from https:\/\/temporal\.download failed: .+\n/,
    );
    assert.match(
      error.message,
      /5\. build with Go: `go` is not on PATH \(Go 1\.26\.5 or later, https:\/\/go\.dev\/dl\)\n/,
    );
  });
});

describe('the version of a Temporal CLI', () => {
  const cases: [string, string, RegExp][] = [
    ['is something else', '#!/bin/sh\necho temporal sorts files by time\n', /^is not the Temporal CLI/],
    ['fails', '#!/bin/sh\nexit 3\n', /^failed at `--version` with exit code 3$/],
    ['is built for another machine', '\u007fELF nothing of ours', /^can't be run here|^failed at/],
  ];
  for (const [what, content, message] of cases) {
    test(`is refused in a few words where the file ${what}`, async (t) => {
      const place = await makePlace(t);
      await assert.rejects(readCliVersion(await place.program('temporal', content)), { message });
    });
  }

  test('is refused in a few words where the file is not executable', async (t) => {
    const place = await makePlace(t);
    await writeFile(await place.at('temporal'), RUNS, { mode: 0o644 });
    await assert.rejects(readCliVersion(join(place.folder, 'temporal')), { message: /^is not executable/ });
  });
});

describe('the download by the Temporal SDK', () => {
  test('fails with one line where the host can not be reached, and leaves nothing behind', async (t) => {
    const place = await makePlace(t);
    const target = join(place.folder, place.cachedName);
    const started = performance.now();
    await assert.rejects(downloadTemporalCli(target, { ...process.env, ...deadProxy(1) }), (error: Error) => {
      assert.match(error.message, /^download from https:\/\/temporal\.download failed: .*[Cc]onnection refused[^\n]*$/);
      return true;
    });
    assert.ok(performance.now() - started < 9000, 'did not wait for the first byte');
    assert.deepEqual(await readdir(join(target, '..')), []);
  });

  test('gives up where the network swallows what is sent', async (t) => {
    const place = await makePlace(t);
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    t.after(() => silent.close());
    const address = silent.address();
    assert.ok(address !== null && typeof address === 'object');
    const target = join(place.folder, place.cachedName);
    const patience = { firstByteMs: 1500, wholeMs: 60_000 };
    await assert.rejects(downloadTemporalCli(target, { ...process.env, ...deadProxy(address.port) }, patience), {
      message: 'https://temporal.download did not answer within 1.5 s',
    });
    assert.deepEqual(await readdir(join(target, '..')), []);
  });
});

describe('the build with Go', () => {
  test('asks Go for the pinned CLI and puts what it makes in place', async (t) => {
    const place = await makePlace(t);
    const said = join(place.folder, 'said');
    await place.program(
      'path/go',
      `#!/bin/sh\necho "$PWD $CGO_ENABLED $GOWORK $GOFLAGS|$*" > ${said}\nwhile [ "$1" != -o ]; do shift; done\ncp ${await place.program('made')} "$2"\n`,
    );
    const target = join(place.folder, place.cachedName);
    await buildTemporalCli(target, { ...place.env, GOFLAGS: '-mod=mod', PATH: `${place.env.PATH}:/usr/bin:/bin` });
    assert.equal(await readCliVersion(target), TEMPORAL_CLI_VERSION);
    assert.deepEqual(await readdir(join(target, '..')), ['temporal']);
    const [settings, args = ''] = (await readFile(said, 'utf8')).split('|');
    assert.match(settings ?? '', /go-module 0 off $/);
    assert.match(args, new RegExp(`^build -mod=readonly .*Version=${TEMPORAL_CLI_VERSION} .*/cmd/temporal\n$`));
  });

  test('says the end of what Go said when it fails', async (t) => {
    const place = await makePlace(t);
    await place.program('path/go', '#!/bin/sh\nprintf "one\\ntwo\\nthree\\nfour: no such host\\n" >&2\nexit 1\n');
    const target = join(place.folder, place.cachedName);
    await assert.rejects(buildTemporalCli(target, place.env), {
      message: '`go build` failed with exit code 1: two | three | four: no such host',
    });
    assert.deepEqual(await readdir(join(target, '..')), []);
  });

  test('says that Go is wanted where there is none', async (t) => {
    const place = await makePlace(t);
    await assert.rejects(buildTemporalCli(join(place.folder, place.cachedName), place.env), {
      message: '`go` is not on PATH (Go 1.26.5 or later, https://go.dev/dl)',
    });
  });
});

describe('the cache folder', () => {
  test('is named, with the fix, where it can not be written', async (t) => {
    const place = await makePlace(t);
    await writeFile(await place.at('file'), '');
    const target = join(place.folder, 'file', 'sub', 'temporal');
    await assert.rejects(placeFile(target, refuse('unreached')), {
      message: `${join(place.folder, 'file', 'sub')} is not writable (ENOTDIR): set XDG_CACHE_HOME to a writable folder`,
    });
  });

  test('is cleared of what a killed process left a day ago, not of what is being made', async (t) => {
    const place = await makePlace(t);
    for (const [name, hours] of [
      ['.making-old', 48],
      ['.making-new', 1],
    ] as const) {
      await mkdir(await place.at(name));
      const then = new Date(Date.now() - hours * 3_600_000);
      await utimes(join(place.folder, name), then, then);
    }
    await placeFile(join(place.folder, 'temporal'), async (folder, name) => {
      await writeFile(join(folder, name), '');
      return join(folder, name);
    });
    assert.deepEqual((await readdir(place.folder)).toSorted(), ['.making-new', 'temporal']);
  });
});

interface Place {
  readonly folder: string;
  readonly cacheDir: string;
  /** The cached CLI below `folder`. */
  readonly cachedName: string;
  /** An environment whose PATH is `folder/path` alone. */
  readonly env: { readonly HOME: string; readonly PATH: string };
  /** The path of a name below `folder`, whose own folder is made. */
  at(name: string): Promise<string>;
  /** Writes an executable file; by default one that answers as the Temporal CLI. */
  program(name: string, content?: string): Promise<string>;
  find(env: NodeJS.ProcessEnv, steps?: Partial<CliSteps>, log?: string[]): Promise<FoundCli>;
}

async function makePlace(t: TestContext): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'garudust-temporal-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const cacheDir = join(folder, 'cache');
  const env = { HOME: folder, PATH: join(folder, 'path') };
  const at: Place['at'] = async (name) => {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    return path;
  };
  return {
    folder,
    cacheDir,
    cachedName: cachedCliPath('cache'),
    env,
    at,
    program: async (name, content = RUNS) => {
      const path = await at(name);
      await writeFile(path, content);
      await chmod(path, 0o755);
      return path;
    },
    find: (extra, steps = {}, log = []) =>
      findTemporalCli({
        env: { ...env, ...extra },
        cacheDir,
        steps: { download: refuse('unexpected download'), build: refuse('unexpected build'), ...steps },
        onProgress: ({ message }) => void log.push(message),
      }),
  };
}

function refuse(why: string): () => Promise<never> {
  return () => Promise.reject(new Error(why));
}

/** An environment in which every https request goes to a port of loopback where no proxy answers. */
function deadProxy(port: number): NodeJS.ProcessEnv {
  const proxy = `http://127.0.0.1:${port}`;
  return { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: '', no_proxy: '' };
}
