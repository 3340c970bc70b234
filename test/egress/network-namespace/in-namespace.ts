import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a program sent while it ran. */
export interface Sent {
  /** Kind, address and port of each packet. */
  readonly packets: readonly (readonly ['syn' | 'udp', string, number])[];
  /** Packets that the watcher was too slow for. */
  readonly dropped: number;
  /** Connections that were opened, by the kernel's own count. */
  readonly opened: number;
  /** Its standard output. */
  readonly said: string;
}

/** A namespace as root, or as whoever may be root in one of their own. */
const WAYS_IN = [
  ['unshare', '--net'],
  ['unshare', '--map-root-user', '--net'],
] as const;
/** Every address there is leads to this host, so that whatever is dialled leaves and arrives. */
const ROUTES = 'ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo';
const MAY_WATCH = 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)';
const WATCHER = fileURLToPath(new URL('watch-syns.py', import.meta.url));

/** Runs a TypeScript program in a network namespace of its own, with what it sends written down. */
export type RunInNamespace = (file: string, env?: NodeJS.ProcessEnv) => Promise<Sent>;

/**
 * Finds out how to enter a network namespace.
 *
 * @returns undefined where `unshare`, `ip` or `python3` is missing, or the right to make one
 */
export async function findNamespace(): Promise<RunInNamespace | undefined> {
  for (const [program, ...options] of WAYS_IN) {
    const enter = (script: string, ...args: string[]): string[] => [...options, 'sh', '-c', script, 'sh', ...args];
    const { code } = await run(program, enter(`${ROUTES} && exec python3 -c "$1"`, MAY_WATCH), process.env, 'ignore');
    if (code !== 0) continue;
    return async (file, env = {}) => {
      const command = [
        'python3',
        WATCHER,
        process.execPath,
        '--import',
        'tsx',
        fileURLToPath(new URL(file, import.meta.url)),
      ];
      const { code: ended, output } = await run(
        program,
        enter(`${ROUTES} && exec "$@"`, ...command),
        { ...process.env, ...env },
        'inherit',
      );
      if (ended !== 0) throw new Error(`${file} ended with ${ended}: ${output.slice(-2000)}`);
      return JSON.parse(output) as Sent;
    };
  }
  return undefined;
}

function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stderr: 'ignore' | 'inherit',
): Promise<{ code: number | null; output: string }> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', stderr] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, output }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
