import type { Scope } from '../templates/template.ts';
import { RuleError } from '../templates/rule-error.ts';

/** Every entry of a list: `[*]`. */
export const EVERY = Symbol('every');

export type Step = string | number | typeof EVERY;

/** Where a value stands in an event: `event.commits[0].author`, `event.alerts[*].labels["k8s.io/pod"]`. */
export interface FieldPath {
  /** As the operator wrote it. */
  readonly text: string;
  readonly steps: readonly Step[];
}

const MAX_STEPS = 32;
const STEP = /\.?([^\s.[\]|{}"']+)|\[(\d{1,6})\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * Reads a path: names parted by full stops, `[0]` for an entry of a list, `[*]` for every one, `["any name"]` for a name
 * with other characters. A header's name may be of any case.
 *
 * @throws RuleError
 */
export function parseFieldPath(text: string, { roots, headers }: Scope): FieldPath {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(text);
    const isName = match?.[1] !== undefined;
    if (match === null || (isName && (at === 0) === match[0].startsWith('.')) || (!isName && at === 0)) {
      throw new RuleError(`has "${text}", which is not a path: write it like event.pull_request.labels[0].name`);
    }
    steps.push(toStep(match));
  }
  const [root] = steps;
  if (typeof root !== 'string' || !roots.includes(root)) {
    throw new RuleError(`uses "${text}", but there is no "${String(root)}" here: begin with ${roots.join(', ')}`);
  }
  if (steps.length > MAX_STEPS) throw new RuleError(`has a path of more than ${MAX_STEPS} steps: shorten it`);
  return { text, steps: root === 'headers' ? checkHeader(text, steps, headers) : steps };
}

function checkHeader(text: string, [root = '', name, ...more]: readonly Step[], headers: readonly string[]): Step[] {
  const lower = typeof name === 'string' && more.length === 0 ? name.toLowerCase() : '';
  if (headers.includes(lower)) return [root, lower];
  throw new RuleError(
    `uses "${text}", which this source does not expose: list the header in headers, or use one of ${headers.join(', ')}`,
  );
}

function toStep([, name, index, every, quoted]: RegExpExecArray): Step {
  if (every !== undefined) return EVERY;
  if (index !== undefined) return Number(index);
  return name ?? readQuoted(quoted ?? '""');
}

/**
 * The value at a path, by own properties alone: no prototype is ever asked.
 *
 * @returns undefined where nothing is; a list of all that was found where the path has `[*]`
 */
export function readField({ steps }: FieldPath, root: object): unknown {
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => stepInto(value, step));
  if (!steps.includes(EVERY)) return values[0];
  return values.length === 0 ? undefined : values;
}

function stepInto(value: unknown, step: Step): readonly unknown[] {
  if (step === EVERY) return Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  const found = (value as Record<string | number, unknown>)[step];
  // In a list of its own, so that flatMap does not take a list apart.
  return [found];
}

/** The name in double quotes, written as in JSON. */
function readQuoted(word: string): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new RuleError(`has ${word}, which is not text in the quotes of JSON: write \\n, \\" and \\\\ in it`);
  }
}
