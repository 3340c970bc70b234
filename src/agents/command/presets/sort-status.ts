import { AgentError } from '../../agent.ts';

/**
 * Sorts what a command-line agent says of its model by the HTTP status alone.
 *
 * @returns undefined without a status, or for one that says nothing
 */
export function sortModelStatus(status: unknown): AgentError | undefined {
  if (typeof status !== 'number') return undefined;
  const statusCode = status;
  if (status === 401 || status === 403) {
    return new AgentError('ModelKeyRefused', `has a key that its model refused (${status})`, { statusCode });
  }
  if (status === 429 || status === 529) {
    return new AgentError('ModelRateLimited', `must wait for its model (${status})`, { statusCode });
  }
  if (status === 404) {
    return new AgentError('AgentMisconfigured', 'asks for a model that does not exist (404)', { statusCode });
  }
  if (status === 400 || status === 413 || status === 422) {
    return new AgentError('TaskRefused', `has a model that refused the task (${status})`, { statusCode });
  }
  if (status === 408 || status >= 500) {
    return new AgentError('ModelUnavailable', `got status ${status} from its model`, { statusCode });
  }
  return undefined;
}

/** A model that no connection reaches. */
export function modelUnreachable(): AgentError {
  return new AgentError('ModelUnavailable', 'could not reach its model');
}

/** The number in the first match of a pattern's group; undefined without one. */
export function statusIn(text: unknown, pattern: RegExp): number | undefined {
  const found = typeof text === 'string' ? pattern.exec(text)?.[1] : undefined;
  return found === undefined ? undefined : Number(found);
}
