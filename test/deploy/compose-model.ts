import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildGoProgram } from '../support/go-program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOL = join(ROOT, 'tools', 'compose-model');

export const COMPOSE_FILE = join(ROOT, 'docker-compose.yml');

/** A service, as far as the tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly entrypoint: readonly string[] | null;
  readonly command: readonly string[] | null;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly { readonly type: string; readonly source?: string; readonly target: string }[];
  readonly ports?: readonly { readonly target: number; readonly host_ip?: string }[];
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly build?: { readonly context: string };
}

/** A Compose file as Docker Compose understands it, with its variables put in. */
export interface ComposeModel {
  readonly services: Readonly<Record<string, ComposeService>>;
}

/** Thrown when the Compose Specification's loader refuses the file. */
export class ComposeFileError extends Error {
  override readonly name = 'ComposeFileError';
}

/**
 * Reads `docker-compose.yml` with the Compose Specification's own loader, which Docker Compose is built on.
 *
 * @param variables what `.env` would hold; nothing else is put in
 * @throws ComposeFileError with its message; GoMissingError where the loader can't be built
 */
export async function loadCompose(
  variables: Readonly<Record<string, string>>,
  profiles: readonly string[] = [],
): Promise<ComposeModel> {
  const tool = await buildGoProgram({
    name: 'compose-model',
    key: `compose-model-${loaderVersion()}`,
    package: '.',
    folder: TOOL,
  });
  const { stdout } = await promisify(execFile)(tool, [COMPOSE_FILE, ...profiles], { cwd: ROOT, env: { ...variables } })
    // A refusal is on stderr, and the rest of such an error is noise.
    .catch((error: unknown) => {
      throw new ComposeFileError((error as { stderr?: string }).stderr ?? String(error));
    });
  return JSON.parse(stdout) as ComposeModel;
}

function loaderVersion(): string {
  const found = /compose-go\/v2 v(\S+)/.exec(readFileSync(join(TOOL, 'go.mod'), 'utf8'));
  if (found?.[1] === undefined) throw new Error(`${TOOL}/go.mod names no version of compose-go`);
  return found[1];
}
