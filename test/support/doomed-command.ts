/**
 * A process to be killed in the midst of a call: `tsx doomed-command.ts WORK_DIR FILE`. The program and what it has started write their
 * process IDs to the file.
 */
import { createCommandAgent } from '../../src/agents/command/command.ts';
import { agentContext } from './agent-context.ts';
import { commandSettings } from './command-setup.ts';

const [workDir = '', file = ''] = process.argv.slice(2);
await createCommandAgent(commandSettings({ workDir })).run(`fork-and-hang ${file}`, agentContext());
