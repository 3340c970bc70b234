import { compileComparison, FORMER_OPERATORS, isComparison, OPERATORS } from './filter-operators.ts';
import { parseFieldPath, readField } from './field-path.ts';
import type { Scope } from '../templates/template.ts';
import { RuleError, suggest } from '../templates/rule-error.ts';
import type { Warn } from './source-findings.ts';
import { isRecord } from '../values/is-record.ts';

/** Decides which events of a source are accepted. */
export interface Filter {
  /** The place of the first condition that does not match, as the operator wrote it; undefined if all match. */
  findMismatch(view: object): string | undefined;
}

/** The place of the condition that fails for a value. */
type Check = (value: unknown) => string | undefined;

const MAX_DEPTH = 32;

/**
 * Compiles a filter: paths with a value, or with operators such as `{"$in": ["a", "b"]}`; below a path, names. All conditions
 * must match. A list matches if one of its entries does. Operators have MongoDB's names.
 *
 * @param rule the filter from the configuration, of any shape
 * @param warn receives a warning for each operator under a former name
 * @throws RuleError
 */
export function compileFilter(rule: unknown, scope: Scope, warn?: Warn): Filter {
  return { findMismatch: compileConditions(renameFormer(rule, 0, warn), scope, 0) };
}

/** The rule with every operator under its name of today. */
function renameFormer(rule: unknown, depth: number, warn: Warn | undefined): unknown {
  refuseDeep(depth);
  const below = (part: unknown): unknown => renameFormer(part, depth + 1, warn);
  if (Array.isArray(rule)) return rule.map(below);
  if (!isRecord(rule)) return rule;
  return Object.fromEntries(
    Object.entries(rule).map(([key, part]) => {
      const now = Object.hasOwn(FORMER_OPERATORS, key) ? FORMER_OPERATORS[key] : undefined;
      if (now !== undefined && Object.hasOwn(rule, now)) {
        throw new RuleError(`has ${key} beside ${now}, which is the same operator: remove ${key}`);
      }
      if (now !== undefined) warn?.(`has ${key}, which is now called ${now}: rename it`);
      return [now ?? key, below(part)];
    }),
  );
}

function compileConditions(rule: unknown, scope: Scope, depth: number): Check {
  refuseDeep(depth);
  if (!isRecord(rule))
    throw new RuleError('is not a block: write one condition per line, such as event.action: opened');
  const checks = Object.entries(rule).map(([key, condition]): Check => {
    if (isLogical(key)) return compileLogical(key, condition, (part) => compileConditions(part, scope, depth + 1), key);
    if (key.startsWith('$'))
      throw new RuleError(`has ${key} without a field: write it below a path such as event.action`);
    const path = parseFieldPath(key, scope);
    const check = compileCondition(condition, key, 0);
    return (view) => check(readField(path, view as object));
  });
  return (view) => firstMismatch(checks, view);
}

/** A condition on one value: a plain value, or a block of operators and of names below it. */
function compileCondition(rule: unknown, place: string, depth: number): Check {
  refuseDeep(depth);
  if (Array.isArray(rule))
    throw new RuleError(`has a list at ${place}: write {$in: […]} to match one of several values`);
  if (!isRecord(rule)) return toCheck('$eq', rule, place);
  const compile = (part: unknown, at: string): Check => compileCondition(part, at, depth + 1);
  const entries = Object.entries(rule);
  const onValue = entries
    .filter(([key]) => key.startsWith('$'))
    .map(([key, operand]) =>
      isLogical(key)
        ? compileLogical(key, operand, (part) => compile(part, place), place)
        : toCheck(key, operand, place),
    );
  const below = entries
    .filter(([key]) => !key.startsWith('$'))
    .map(([name, part]) => ({ name, check: compile(part, `${place}.${name}`) }));
  if (below.length > 0) onValue.push((value) => checkBelow(value, below, place));
  return (value) => firstMismatch(onValue, value);
}

/** An alias in YAML can make a block that holds itself. */
function refuseDeep(depth: number): void {
  if (depth > MAX_DEPTH) throw new RuleError(`is nested deeper than ${MAX_DEPTH} levels: write it flatter`);
}

function checkBelow(
  value: unknown,
  below: readonly { readonly name: string; readonly check: Check }[],
  place: string,
): string | undefined {
  if (Array.isArray(value)) {
    return value.some((entry) => checkBelow(entry, below, place) === undefined) ? undefined : place;
  }
  const block = isRecord(value) ? value : {};
  return firstMismatch(
    below.map(
      ({ name, check }): Check =>
        () =>
          check(Object.hasOwn(block, name) ? block[name] : undefined),
    ),
    block,
  );
}

function toCheck(operator: string, operand: unknown, place: string): Check {
  if (!isComparison(operator)) {
    throw new RuleError(`has ${operator} at ${place}, which is not an operator: ${suggest(operator, OPERATORS)}`);
  }
  const holds = compileComparison(operator, operand, place);
  return (value) => (holds(value) ? undefined : place);
}

function isLogical(key: string): key is '$or' | '$and' | '$not' {
  return key === '$or' || key === '$and' || key === '$not';
}

function compileLogical(
  key: '$or' | '$and' | '$not',
  operand: unknown,
  compile: (part: unknown) => Check,
  place: string,
): Check {
  if (key === '$not') {
    const check = compile(operand);
    return (value) => (check(value) === undefined ? place : undefined);
  }
  if (!Array.isArray(operand) || operand.length === 0) {
    throw new RuleError(`has ${key} without a list: write ${key}: [{…}, {…}]`);
  }
  const checks = operand.map(compile);
  if (key === '$and') return (value) => firstMismatch(checks, value);
  return (value) => (checks.some((check) => check(value) === undefined) ? undefined : place);
}

function firstMismatch(checks: readonly Check[], value: unknown): string | undefined {
  for (const check of checks) {
    const place = check(value);
    if (place !== undefined) return place;
  }
  return undefined;
}
