import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { SEARCH_ATTRIBUTE_NAMES } from '../../contract/search-attributes.ts';
import { readTemporalSettings, toClientOptions } from '../../stack/temporal-settings.ts';
import { CliError } from '../cli-error.ts';
import type { CliIo } from '../cli-io.ts';
import { printJson } from '../report-outcome.ts';
import { createProgress } from '../show/progress.ts';

/** The result of one step of the setup. */
export interface SetupStep {
  readonly what: string;
  readonly state: 'exists' | 'created' | 'failed';
  /** What is wrong and how to fix it. */
  readonly problem?: string;
}

const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
const GRPC_NOT_FOUND = 5;
const RETENTION_DAYS = 30;

/**
 * Creates the namespace and our search attributes on a Temporal server. Safe to repeat.
 *
 * A refusal by the server (Temporal Cloud manages both elsewhere) is a failed step and not an error.
 *
 * @throws whatever the connection fails with
 */
export async function setUpServer(connection: Connection, namespace: string): Promise<SetupStep[]> {
  const first = await ensureNamespace(connection, namespace);
  if (first.state === 'failed') return [first];
  const giveUpAt = performance.now() + (first.state === 'created' ? NEW_NAMESPACE_MS : 0);
  for (;;) {
    const attributes = await ensureSearchAttributes(connection, namespace);
    // A server hears of a new namespace only when it next reads them, every some seconds.
    if (attributes.every(({ state }) => state !== 'failed') || performance.now() > giveUpAt)
      return [first, ...attributes];
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** How long a server may take to know a namespace that it has just registered. The default of its cache is 10 s. */
const NEW_NAMESPACE_MS = 30_000;
const AGAIN_MS = 500;

async function ensureNamespace(connection: Connection, namespace: string): Promise<SetupStep> {
  const what = `namespace ${namespace}`;
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return { what, state: 'exists' };
  } catch (error) {
    if ((error as { code?: number }).code !== GRPC_NOT_FOUND) throw error;
  }
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs(RETENTION_DAYS * 86_400_000),
    });
    return { what: `${what} (closed runs are kept for ${RETENTION_DAYS} days)`, state: 'created' };
  } catch (error) {
    return { what, state: 'failed', problem: `${reason(error)}: create the namespace where yours are managed.` };
  }
}

async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<SetupStep[]> {
  let known: Record<string, number>;
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    known = customAttributes;
  } catch (error) {
    return SEARCH_ATTRIBUTE_NAMES.map((name) => refused(name, error));
  }
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => known[name] === undefined);
  const problem = await addSearchAttributes(connection, namespace, missing);
  return SEARCH_ATTRIBUTE_NAMES.map((name): SetupStep => {
    const what = `search attribute ${name}`;
    if (missing.includes(name)) return problem === undefined ? { what, state: 'created' } : refused(name, problem);
    if (known[name] === KEYWORD) return { what, state: 'exists' };
    const wrongType = 'it is not a Keyword: remove it with `temporal operator search-attribute remove`.';
    return { what, state: 'failed', problem: wrongType };
  });
}

/**
 * In one request: each changes the namespace's record, and on PostgreSQL concurrent changes conflict.
 *
 * @returns why the server refused, if it did
 */
async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  names: readonly string[],
): Promise<unknown> {
  if (names.length === 0) return undefined;
  const searchAttributes = Object.fromEntries(names.map((name) => [name, KEYWORD]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return undefined;
  } catch (error) {
    return error;
  }
}

function refused(name: string, error: unknown): SetupStep {
  return {
    what: `search attribute ${name}`,
    state: 'failed',
    problem: `${reason(error)}: on Temporal Cloud, add it as a Keyword in the namespace's settings.`,
  };
}

function reason(error: unknown): string {
  const { details, message } = error as { details?: string; message?: string };
  return (details || message || 'the server refused').replace(/\.$/, '');
}

const CONNECT_TIMEOUT_MS = 10_000;
const LABEL_WIDTH = 15;

/** No API can set or read this. */
const BY_HAND =
  'Recommended for Temporal Server up to 1.31: set system.enableActivityEagerExecution: true in the dynamic configuration. It shortens runs; Temporal Cloud sets it.';

/**
 * Sets up the server that TEMPORAL_* select and prints each step.
 *
 * @throws CliError when the server can't be reached
 */
export async function runSetup({ json }: { readonly json?: boolean }, io: CliIo): Promise<void> {
  const { connectionOptions, namespace } = readTemporalSettings(io.env);
  const address = connectionOptions.address ?? '';
  const progress = createProgress(io);
  progress.show(`setting up namespace ${namespace} at ${address}`);
  let steps: SetupStep[];
  try {
    const connection = await Connection.connect({
      ...toClientOptions(connectionOptions),
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    steps = await setUpServer(connection, namespace).finally(() => connection.close());
  } catch (error) {
    const why = (error as { details?: string }).details ?? (error instanceof Error ? error.message : String(error));
    const fix = 'check TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS* and TEMPORAL_PROXY';
    throw new CliError('unavailable', `Setup of Temporal at ${address} failed (${why}): ${fix}.`, { cause: error });
  } finally {
    progress.stop();
  }
  if (json === true) printJson(steps, io);
  else {
    for (const { what, state, problem } of steps) {
      io.stdout.write(`${state.padEnd(LABEL_WIDTH)}${what}${problem === undefined ? '' : `: ${problem}`}\n`);
    }
    io.stderr.write(`${BY_HAND}\n`);
  }
  if (steps.some(({ state }) => state === 'failed')) io.exit = 'refused';
}
