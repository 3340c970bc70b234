import type { JsonValue } from '../../contract/json-value.ts';
import type { AgentAnswer } from '../../contract/run.ts';
import { toFailure } from '../workflow-failure.ts';

const MAX_DEPTH = 100;

/**
 * What a workflow returned, as the answer of a run: a text as it is, nothing as an empty one, anything else as data, and as JSON for
 * those who read the text alone.
 *
 * @throws ApplicationFailure `OutputInvalid` that names the place of what JSON cannot hold
 */
export function toOutput(workflow: string, value: unknown): Pick<AgentAnswer, 'output' | 'data'> {
  if (typeof value === 'string') return { output: value };
  if (value === undefined) return { output: '' };
  const fault = findFault(value, 'output', []);
  if (fault === undefined) return { output: JSON.stringify(value), data: value as JsonValue };
  throw toFailure('OutputInvalid', `The workflow "${workflow}" returned ${fault}`);
}

/** The first value that JSON would drop, change or refuse, in words. */
function findFault(value: unknown, at: string, above: readonly object[]): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${value} at ${at}: return a finite number, or null.`;
    case 'object':
      break;
    default:
      return `a ${typeof value} at ${at}: return a text or a number.`;
  }
  if (value === null) return undefined;
  if (above.includes(value)) return `an object that contains itself at ${at}: return one without cycles.`;
  if (above.length >= MAX_DEPTH) return `objects nested more than ${MAX_DEPTH} deep: return a flatter one.`;
  const kind = kindOf(value);
  if (kind === 'Date') return `a Date at ${at}: return date.toISOString() instead.`;
  if (kind !== 'Array' && kind !== 'Object') return `a ${kind} at ${at}: return a plain object, a list or a text.`;
  for (const [key, item] of Object.entries(value)) {
    // JSON leaves such a property out, which is what is meant by it.
    if (item === undefined && kind === 'Object') continue;
    const fault = findFault(item, kind === 'Array' ? `${at}[${key}]` : `${at}.${key}`, [...above, value]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function kindOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return 'Array';
  if (prototype === null) return 'Object';
  return (prototype as { readonly constructor?: { readonly name?: string } }).constructor?.name ?? 'value';
}
