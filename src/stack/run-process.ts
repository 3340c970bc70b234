import { defaultJournalDir } from './default-journal-dir.ts';
import { loadProcess, logConfig, type ProcessOptions } from './load-process.ts';
import { serveUntilStopped } from './serve-until-stopped.ts';
import { effectiveRoles, type Roles, type StackOptions, startStack } from './start-stack.ts';

/**
 * Runs one production process until `interrupted`, then drains it.
 *
 * @throws StartError with every problem of the configuration, or with the port or folder that is not available
 */
export async function runProcess(
  asked: Roles,
  {
    interrupted,
    ownAgents,
    workflowsPath,
    ...options
  }: Omit<ProcessOptions, 'mode'> &
    Pick<StackOptions, 'ownAgents' | 'workflowsPath'> & { readonly interrupted: AbortSignal },
): Promise<void> {
  const loaded = loadProcess({ ...options, mode: 'production' });
  const { config } = loaded.loaded;
  const roles = effectiveRoles(asked, config);
  logConfig(loaded);
  const { connectionOptions, namespace } = loaded.temporal;
  const owner = { address: connectionOptions.address, namespace, taskQueue: config.taskQueue };
  const journal = defaultJournalDir(options.env, owner);
  const stack = await startStack({
    ...{ ...loaded, config, roles, defaultJournalDir: journal },
    ...(ownAgents && { ownAgents }),
    ...(workflowsPath !== undefined && { workflowsPath }),
  });
  const { logger } = loaded;
  logger.info({ ingress: stack.ingressUrl, admin: stack.adminUrl }, 'listening');
  await serveUntilStopped(stack, interrupted, { tell: (line) => logger.info({}, line) });
  logger.info({}, 'stopped');
}
