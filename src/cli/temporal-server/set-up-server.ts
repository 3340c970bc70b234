import type { Connection } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import {
  SEARCH_ATTRIBUTE_NAMES,
  SEARCH_ATTRIBUTE_TYPES,
  type SearchAttributeName,
  type SearchAttributeType,
} from '../../contract/search-attributes.ts';

/** The result of one step of the setup. */
export interface SetupStep {
  readonly what: string;
  readonly state: 'exists' | 'created' | 'changed' | 'removed' | 'missing' | 'failed';
  /** What is wrong and how to fix it. */
  readonly problem?: string;
}

export interface SetupOptions {
  /** How long Temporal keeps ended runs, in milliseconds. Default: 30 days for a new namespace, unchanged for another. */
  readonly retention?: number;
  /** Change nothing: what is not there is a step `missing`. Default: false. */
  readonly check?: boolean;
}

const { INDEXED_VALUE_TYPE_KEYWORD, INDEXED_VALUE_TYPE_KEYWORD_LIST } = proto.temporal.api.enums.v1.IndexedValueType;
const VALUE_TYPE: Readonly<Record<SearchAttributeType, number>> = {
  Keyword: INDEXED_VALUE_TYPE_KEYWORD,
  KeywordList: INDEXED_VALUE_TYPE_KEYWORD_LIST,
};
const typeOf = (name: SearchAttributeName): number => VALUE_TYPE[SEARCH_ATTRIBUTE_TYPES[name]];
const GRPC_NOT_FOUND = 5;
const DAY_MS = 86_400_000;
const DEFAULT_RETENTION = 30 * DAY_MS;
/** How long a server may take to know a namespace that it has just registered: its cache refreshes every 10 s. */
const NEW_NAMESPACE_MS = 30_000;
const AGAIN_MS = 500;

/**
 * Creates the namespace and our search attributes on a Temporal server. Safe to repeat.
 *
 * A refusal by the server (Temporal Cloud manages both elsewhere) is a failed step and not an error.
 *
 * @throws whatever the connection fails with
 */
export async function setUpServer(
  connection: Connection,
  namespace: string,
  options: SetupOptions = {},
): Promise<SetupStep[]> {
  const first = await ensureNamespace(connection, namespace, options);
  if (first.state === 'failed' || first.state === 'missing') return [first];
  const giveUpAt = performance.now() + (first.state === 'created' ? NEW_NAMESPACE_MS : 0);
  for (;;) {
    const attributes = await ensureSearchAttributes(connection, namespace, options);
    const isDone = attributes.every(({ state }) => state !== 'failed');
    if (isDone || performance.now() > giveUpAt) return [first, ...attributes];
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function ensureNamespace(
  connection: Connection,
  namespace: string,
  { retention, check = false }: SetupOptions,
): Promise<SetupStep> {
  const describe = (kept: number): string => `namespace ${namespace} (ended runs are kept for ${days(kept)})`;
  const { workflowService } = connection;
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    const kept = tsToMs(config?.workflowExecutionRetentionTtl ?? undefined);
    if (retention === undefined || retention === kept) return { what: describe(kept), state: 'exists' };
    if (check) {
      const problem = `the retention is not ${days(retention)}: run \`setup\` with --retention and without --check.`;
      return { what: describe(kept), state: 'failed', problem };
    }
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(retention) } });
    return { what: describe(retention), state: 'changed' };
  } catch (error) {
    if ((error as { code?: number }).code !== GRPC_NOT_FOUND) throw error;
  }
  const kept = retention ?? DEFAULT_RETENTION;
  const what = `namespace ${namespace}`;
  if (check) return { what, state: 'missing', problem: 'run `setup` without --check.' };
  try {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(kept) });
    return { what: describe(kept), state: 'created' };
  } catch (error) {
    return { what, state: 'failed', problem: `${reason(error)}: create the namespace where yours are managed.` };
  }
}

function days(ms: number): string {
  const count = Math.round((ms / DAY_MS) * 10) / 10;
  return `${count} day${count === 1 ? '' : 's'}`;
}

async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  { check = false }: SetupOptions,
): Promise<SetupStep[]> {
  let known: Record<string, number>;
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    known = customAttributes;
  } catch (error) {
    return SEARCH_ATTRIBUTE_NAMES.map((name) => refused(name, error));
  }
  const missing = SEARCH_ATTRIBUTE_NAMES.filter((name) => known[name] === undefined);
  const problem = check ? undefined : await addSearchAttributes(connection, namespace, missing);
  return SEARCH_ATTRIBUTE_NAMES.map((name): SetupStep => {
    const what = `search attribute ${name}`;
    if (missing.includes(name)) {
      if (check) return { what, state: 'missing', problem: 'run `setup` without --check.' };
      return problem === undefined ? { what, state: 'created' } : refused(name, problem);
    }
    if (known[name] === typeOf(name)) return { what, state: 'exists' };
    const wrongType = `it is not a ${SEARCH_ATTRIBUTE_TYPES[name]}: remove it with \`temporal operator search-attribute remove\`.`;
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
  names: readonly SearchAttributeName[],
): Promise<unknown> {
  if (names.length === 0) return undefined;
  const searchAttributes = Object.fromEntries(names.map((name) => [name, typeOf(name)]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return undefined;
  } catch (error) {
    return error;
  }
}

function refused(name: SearchAttributeName, error: unknown): SetupStep {
  return {
    what: `search attribute ${name}`,
    state: 'failed',
    problem: `${reason(error)}: on Temporal Cloud, add it as a ${SEARCH_ATTRIBUTE_TYPES[name]} in the namespace's settings.`,
  };
}

function reason(error: unknown): string {
  const { details, message } = error as { details?: string; message?: string };
  return (details || message || 'the server refused').replace(/\.$/, '');
}
