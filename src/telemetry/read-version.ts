import { readFileSync } from 'node:fs';

/** The version of this program, from its package.json. */
export function readVersion(): string {
  return readPackage().version;
}

/** Packages that it works with, as npm installs them: `name@range`. */
export function withPeerRanges(names: readonly string[]): string[] {
  const { peerDependencies } = readPackage();
  return names.map((name) => `${name}@${peerDependencies[name] ?? 'latest'}`);
}

interface Package {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function readPackage(): Package {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Package;
}
