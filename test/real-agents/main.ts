/**
 * Holds the presets of `command` and the type `acp` to the real command-line agents, from npm's registry, against a stub model:
 * `npm run test:agents`. They run in a network namespace with nothing but loopback, where the system allows one.
 *
 * Exit code 0: everything held, or the agents can't be had, which is said. 1: something did not hold.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { reportMissingTool } from '../support/missing-tool.ts';
import { installNodeTool } from '../support/node-tool.ts';

/** Pinned: another version may speak otherwise. */
const PACKAGES = ['@anthropic-ai/claude-code@2.1.197', '@openai/codex@0.171.0', 'opencode-ai@1.18.33'];
/** What links a package's program for this machine, which an installation without scripts leaves out. */
const LINKS = [
  { program: 'claude', cwd: '@anthropic-ai/claude-code', script: 'install.cjs' },
  { program: 'opencode', cwd: 'opencode-ai', script: 'postinstall.mjs' },
];
const WHAT = 'whether our presets fit the real claude, codex and opencode';
const TEST = [
  process.execPath,
  '--import',
  'tsx',
  '--test',
  '--test-timeout=300000',
  'test/real-agents/real-agents.ts',
];
const LOOPBACK = 'ip link set lo up && exec "$@"';

/** A namespace as root, or as whoever may be root in one of their own. */
const WAYS_IN = [
  ['unshare', '--net', 'sh', '-c', LOOPBACK, 'sh'],
  ['unshare', '--map-root-user', '--net', 'sh', '-c', LOOPBACK, 'sh'],
] as const;

async function run(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  quiet: boolean,
): Promise<number> {
  const child = spawn(program, args, { stdio: quiet ? 'ignore' : 'inherit', env });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } catch {
    return 127;
  }
}

async function linkPrograms(modules: string): Promise<void> {
  for (const { program, cwd, script } of LINKS) {
    if ((await run([join(modules, '.bin', program), '--version'], process.env, true)) === 0) continue;
    const folder = join(modules, cwd);
    await promisify(execFile)(process.execPath, [script], { cwd: folder });
  }
}

async function findWayIn(): Promise<readonly string[]> {
  for (const way of WAYS_IN) if ((await run([...way, 'true'], process.env, true)) === 0) return way;
  reportMissingTool('a network namespace', 'whether the agents reach no host but the stub model');
  return [];
}

/** The folder of the agents; undefined where they can't be had. */
async function install(): Promise<string | undefined> {
  try {
    const modules = await installNodeTool({ key: 'agents-3', packages: PACKAGES }, WHAT);
    if (modules !== undefined) await linkPrograms(modules);
    return modules;
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    reportMissingTool(`claude, codex and opencode (${why})`, WHAT);
    return undefined;
  }
}

const modules = await install();
if (modules === undefined) {
  process.stdout.write('0 passed, 0 failed, all skipped\n');
} else {
  const wayIn = await findWayIn();
  process.exitCode = await run([...wayIn, ...TEST], { ...process.env, REAL_AGENTS: modules }, false);
}
