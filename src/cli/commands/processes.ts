import type { Command } from 'commander';
import type { Roles } from '../../stack/start-stack.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { addSettingFlags, parseRetention } from '../flag-values.ts';
import type { SetupOptions } from '../temporal-server/set-up-server.ts';

const PROCESSES = {
  start: {
    summary: 'accept webhooks and run agents in one process',
    description:
      'Accept webhooks and run agents in one process, on one connection to Temporal, which shortens a run: its first step comes with its start.',
    roles: { ingress: true, worker: true },
    without: [],
  },
  ingress: {
    summary: 'accept webhooks',
    description: 'Accept webhooks and serve /v1. Runs are recorded in Temporal; a worker elsewhere executes them.',
    roles: { ingress: true, worker: false },
    without: ['--garudust-url', '--journal-dir'],
  },
  worker: {
    summary: 'run agents and deliver callbacks',
    description: 'Poll Temporal, run agents and deliver callbacks.',
    roles: { ingress: false, worker: true },
    without: ['--host', '--port'],
  },
} as const satisfies Record<string, { summary: string; description: string; roles: Roles; without: readonly string[] }>;

/** `start`, `ingress` and `worker`: the processes of a production. */
export function addProcesses(program: Command, io: CliIo): void {
  for (const [name, { summary, description, roles, without }] of Object.entries(PROCESSES)) {
    const command = addSettingFlags(program.command(name).summary(summary).description(description), without);
    command.action(async (flags: Record<string, unknown>) => {
      const { runProcess } = await import('../../stack/run-process.ts');
      await runProcess(roles, { ...io, flags });
    });
    setNotes(command, {
      more: [
        'The process starts, and stays up, while Temporal is unreachable. SIGTERM, SIGHUP or Ctrl-C drains it: it finishes what is in flight and leaves the rest to the next worker. A second SIGTERM or Ctrl-C stops it immediately.',
        'docs/configuration.md lists every setting and its environment variable.',
      ],
      examples: [[`garudust-temporal ${name} --config garudust-temporal.yaml`, 'with a settings file']],
      exits: ['ok', 'usage', 'internal'],
    });
  }
}

/** `setup`: prepares a Temporal server. */
export function addSetup(program: Command, io: CliIo): void {
  const command = program
    .command('setup')
    .summary('prepare a Temporal server for runs')
    .description(
      'Create the namespace and the search attributes on a Temporal server, and make its schedules those of the settings file. Safe to repeat. `dev` does this itself.',
    )
    .option('--config <file>', 'settings file with schedules (default: garudust-temporal.yaml, if it exists)')
    .option('--check', 'change nothing: say what is missing')
    .option('--retention <duration>', 'how long Temporal keeps ended runs, such as 90d', parseRetention)
    .option('--json', 'print the steps as JSON')
    .action(async (flags: SetupOptions & { readonly json?: boolean; readonly config?: string }) => {
      const { runSetup } = await import('../temporal-server/run-setup.ts');
      await runSetup(flags, io);
    });
  setNotes(command, {
    more: [
      'TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables select the server.',
      'A settings file with schedules is read as `start` reads it, so it needs the same environment. Schedules of the task queue that the file no longer has are removed, those of others never.',
      'A new namespace keeps ended runs for 30 days. --retention changes that of an existing one too.',
    ],
    examples: [
      ['TEMPORAL_ADDRESS=temporal.internal:7233 garudust-temporal setup', 'before the first deployment'],
      ['garudust-temporal setup --check', 'in a deployment pipeline'],
    ],
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}
