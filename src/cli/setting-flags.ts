import type { Command } from 'commander';
import { listFlags } from '../config/list-settings.ts';

/**
 * Adds the flags of settings to a command. None has a default: a flag that is not given leaves environment and file as
 * they are.
 */
export function addSettingFlags(command: Command): Command {
  command.option('--config <file>', 'settings file (default: garudust-temporal.yaml where there is one)');
  for (const { flag, help, hidden } of listFlags()) {
    command.addOption(command.createOption(flag, help).hideHelp(hidden));
  }
  return command;
}
