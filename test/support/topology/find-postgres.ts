import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** PostgreSQL's server programs on this machine, and as whom they can run. */
export interface FoundPostgres {
  /** The folder of `initdb` and `postgres`. */
  readonly binDir: string;
  /** Another user, where this process is root: PostgreSQL refuses to run as root. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

/** Debian keeps every version in a folder of its own, none of them on PATH. */
const DEBIAN = '/usr/lib/postgresql';

/** The newest PostgreSQL of the system, or the one on PATH; undefined where there is none. */
export function findPostgres(): FoundPostgres | undefined {
  const debian = existsSync(DEBIAN)
    ? readdirSync(DEBIAN)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => join(DEBIAN, version, 'bin'))
    : [];
  const binDir = [...debian, ...(process.env['PATH'] ?? '').split(delimiter)].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
  if (binDir === undefined) return undefined;
  return process.getuid?.() === 0
    ? { binDir, runAs: findUser('postgres') ?? findUser('nobody') ?? NOBODY }
    : { binDir };
}

const NOBODY = { uid: 65_534, gid: 65_534 };

function findUser(name: string): { uid: number; gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
