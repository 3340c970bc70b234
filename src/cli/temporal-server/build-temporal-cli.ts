import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childEnv } from '../../values/child-env.ts';
import { placeFile, TEMPORAL_CLI_VERSION } from './cli-cache.ts';

const MODULE_DIR = fileURLToPath(new URL('go-module', import.meta.url));
/** Where Go finds itself, its caches and its modules. */
const GO_SETTINGS =
  /^(GOROOT|GOPATH|GOCACHE|GOMODCACHE|GOTMPDIR|GOENV|GOTOOLCHAIN|GOPROXY|GOSUMDB|GOPRIVATE|GONOPROXY|GONOSUMDB|GOINSECURE|GOAUTH|NETRC|GIT_SSL_CAINFO|GOMAXPROCS|GOMEMLIMIT)$/;
const TIMEOUT_MS = 30 * 60_000;
const VERSION_VARIABLE = 'github.com/temporalio/cli/internal/temporalcli.Version';

/**
 * Builds the pinned Temporal CLI with Go from the folder `go-module`. Needs a Go toolchain and a module proxy; takes
 * 3 to 7 minutes on two cores and leaves about 2 GB in Go's own caches.
 *
 * @param target where the program is put.
 * @throws Error with the end of what Go said.
 */
export async function buildTemporalCli(target: string, env: NodeJS.ProcessEnv): Promise<void> {
  await placeFile(target, async (folder, name) => {
    const output = join(folder, name);
    const args = [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-buildvcs=false',
      '-ldflags',
      `-s -w -X ${VERSION_VARIABLE}=${TEMPORAL_CLI_VERSION}`,
      '-o',
      output,
      'github.com/temporalio/cli/cmd/temporal',
    ];
    await promisify(execFile)('go', args, {
      cwd: MODULE_DIR,
      env: {
        ...childEnv(env, { network: true, also: GO_SETTINGS }),
        HOME: env['HOME'] || homedir(),
        CGO_ENABLED: '0',
        GOWORK: 'off',
        GOFLAGS: '',
      },
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => {
      throw new Error(whyNotBuilt(error), { cause: error });
    });
    return output;
  });
}

function whyNotBuilt(error: unknown): string {
  const { code, killed, stderr = '' } = error as { code?: string | number; killed?: boolean; stderr?: string };
  if (code === 'ENOENT') return '`go` is not on PATH (Go 1.26.5 or later, https://go.dev/dl)';
  if (killed === true) return `took longer than ${TIMEOUT_MS / 60_000} minutes`;
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  return `\`go build\` failed with ${typeof code === 'number' ? `exit code ${code}` : code}: ${said || 'no output'}`;
}
