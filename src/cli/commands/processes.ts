import type { Command } from 'commander';
import type { Roles } from '../../stack/start-stack.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';
import { addSettingFlags } from '../flag-values.ts';

const PROCESSES = {
  start: {
    summary: 'take webhooks and run agents, in one process',
    description:
      'Take webhooks and run agents in one process, on one connection to Temporal: the first step of a run then comes with its start, and its answer sooner.',
    roles: { ingress: true, worker: true },
  },
  ingress: {
    summary: 'take webhooks',
    description: 'Take webhooks and serve /v1. Runs are recorded in Temporal; a worker elsewhere runs them.',
    roles: { ingress: true, worker: false },
  },
  worker: {
    summary: 'run agents and deliver callbacks',
    description: 'Run agents and deliver callbacks: take tasks from Temporal.',
    roles: { ingress: false, worker: true },
  },
} as const satisfies Record<string, { summary: string; description: string; roles: Roles }>;

/** `start`, `ingress` and `worker`: the processes of a production. */
export function addProcesses(program: Command, io: CliIo): void {
  for (const [name, { summary, description, roles }] of Object.entries(PROCESSES)) {
    const command = addSettingFlags(program.command(name).summary(summary).description(description));
    command.action(async (flags: Record<string, unknown>) => {
      const { runProcess } = await import('../../stack/run-process.ts');
      await runProcess(roles, { ...io, flags });
    });
    setNotes(command, {
      more: [
        'It starts and stays up while Temporal is away. SIGTERM drains it: what is in flight is finished, what is left goes to the next worker. A second signal ends it at once.',
        'Every setting, with its environment variable: docs/configuration.md.',
      ],
      examples: [[`garudust-temporal ${name} --config garudust-temporal.yaml`, 'with a settings file']],
      exits: ['ok', 'usage', 'internal'],
    });
  }
}

/** `setup`: makes a Temporal server ready. */
export function addSetup(program: Command, io: CliIo): void {
  const command = program
    .command('setup')
    .summary('make a Temporal server ready for runs')
    .description(
      'Make a Temporal server ready for runs: its namespace and our search attributes. Safe to repeat. `dev` does this by itself.',
    )
    .option('--json', 'print the steps as JSON')
    .action(async (flags: { readonly json?: boolean }) => {
      const { runSetup } = await import('../temporal-server/set-up-server.ts');
      await runSetup(flags, io);
    });
  setNotes(command, {
    more: ['The server is the one that TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* variables name.'],
    examples: [['TEMPORAL_ADDRESS=temporal.internal:7233 garudust-temporal setup', 'before the first deployment']],
    exits: ['ok', 'usage', 'unavailable', 'refused'],
  });
}
