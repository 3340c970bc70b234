import type { Config } from '../config/config.ts';
import { CliError } from '../cli/cli-error.ts';
import type { Roles } from './start-stack.ts';

/**
 * What a process does of what its command asks for: where webhooks are not to be taken, nothing listens for them.
 *
 * @throws CliError `usage` when nothing is left to do
 */
export function effectiveRoles(
  asked: Roles,
  { ingress }: { readonly ingress: Pick<Config['ingress'], 'enabled'> },
): Roles {
  if (ingress.enabled || !asked.ingress) return asked;
  if (asked.worker) return { ingress: false, worker: true };
  throw new CliError(
    'usage',
    'The settings say that no webhooks are to be taken (listen_enabled, or enabled of webhook_adapter, is false): set it to true, or run "worker" here.',
  );
}
