import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { setNotes } from '../command-notes.ts';

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

const CONFIG = ['--config <file>', 'settings file (default: garudust-temporal.yaml, if it exists)'] as const;

/** `agents`: the agents of the settings, one call of one, and blocks for new ones. */
export function addAgents(program: Command, io: CliIo): void {
  const agents = program
    .command('agents')
    .summary('list, test and add agents')
    .description('List the agents of the settings, call one directly, and print the block that adds one.');
  addList(agents, io);
  addTest(agents, io);
  addAdd(agents, io);
}

function addList(agents: Command, io: CliIo): void {
  const command = agents
    .command('list')
    .summary('list the agents of the settings')
    .description('List the agents of the settings, with their types and limits. No agent is contacted.')
    .option(...CONFIG)
    .option('--json', 'print the agents as JSON')
    .action(async (flags: Flags) => {
      const { readAgents } = await import('../agents/read-agents.ts');
      const { describeAgent } = await import('../../agents/agent-types.ts');
      const rows = readAgents(flags, io).map((agent) => {
        const { name, type, concurrency, maxAttempts } = agent;
        return { name, type, description: describeAgent(agent), concurrency, max_attempts: maxAttempts };
      });
      const width = Math.max(...rows.map(({ name }) => name.length));
      const lines = rows.map(
        ({ name, description, concurrency }) => `${name.padEnd(width)}  ${description}, ${concurrency} at once`,
      );
      io.stdout.write(`${flags.json === true ? JSON.stringify(rows, null, 2) : lines.join('\n')}\n`);
    });
  setNotes(command, {
    examples: [['garudust-temporal agents list', 'the agents of garudust-temporal.yaml']],
    exits: ['ok', 'usage'],
  });
}

function addTest(agents: Command, io: CliIo): void {
  const command = agents
    .command('test')
    .summary('call an agent once')
    .description(
      'Call an agent of the settings once, without Temporal, and print its answer. It costs what a call costs.',
    )
    .argument('<agent>', 'name of an agent in the settings')
    .argument('<task>', 'the text of the task')
    .option(...CONFIG)
    .option('--json', 'print answer, usage and duration as JSON')
    .action(async (name: string, text: string, flags: Flags) => {
      const { testAgent } = await import('../agents/test-agent.ts');
      await testAgent({ name, text, json: flags.json === true }, flags, io);
    });
  setNotes(command, {
    more: ['The answer goes to stdout; progress, time, tokens and cost go to stderr.'],
    examples: [['garudust-temporal agents test writer "Say hello"', 'whether address, key and model are right']],
    exits: ['ok', 'runFailed', 'usage', 'interrupted'],
  });
}

function addAdd(agents: Command, io: CliIo): void {
  const command = agents
    .command('add')
    .summary('print the block that adds an agent')
    .description('Print the lines that add an agent of a type to the settings file. No file is changed.')
    .argument('<type>', 'agent type')
    .argument('[name]', 'name of the agent (default: its type)')
    .action(async (type: string, name: string | undefined) => {
      const { AGENT_TYPES } = await import('../../agents/agent-types.ts');
      const { exampleOf } = await import('../../agents/example-of.ts');
      const row = Object.entries(AGENT_TYPES).find(([each]) => each === type)?.[1];
      if (row === undefined) {
        throw new CliError(
          'usage',
          `"${type}" is not an agent type: use one of ${Object.keys(AGENT_TYPES).join(', ')}.`,
        );
      }
      io.stdout.write(`${exampleOf(type, row, name)}\n`);
    });
  setNotes(command, {
    more: ['Correct the values, then try the agent with `agents test`. docs/agents.md describes every type.'],
    examples: [['garudust-temporal agents add command reviewer', 'a program as the agent reviewer']],
    exits: ['ok', 'usage'],
  });
}
