import type { CliIo } from '../cli/cli-io.ts';
import { effectiveRoles } from './effective-roles.ts';
import { explainStart } from './explain-start.ts';
import { loadProcess, logConfig } from './load-process.ts';
import { serveUntilStopped } from './serve-until-stopped.ts';
import { type Roles, startStack } from './start-stack.ts';

/**
 * Runs one process of a production until SIGTERM, and drains it.
 *
 * @throws CliError `usage` with every problem of the configuration, or with the place that can't be had
 */
export async function runProcess(asked: Roles, flags: Record<string, unknown>, io: CliIo): Promise<void> {
  const loaded = loadProcess(io, { mode: 'production', flags });
  const { config } = loaded.loaded;
  const roles = effectiveRoles(asked, config);
  logConfig(loaded);
  const stack = await startStack({ ...loaded, config, roles }).catch((error: unknown) => {
    throw explainStart(error);
  });
  const { logger } = loaded;
  logger.info({ ingress: stack.ingressUrl, admin: stack.adminUrl }, 'listening');
  await serveUntilStopped(stack, io);
  logger.info({}, 'stopped');
}
