import { RuleError } from '../templates/rule-error.ts';

type Scalar = string | number | boolean | null;

/** Whether a value matches. */
type Holds = (value: unknown) => boolean;

/** Every operator that compares one value: makes the test from the operand and its place in the filter. */
const COMPARISONS = {
  $eq: (operand, place) => any(equals(scalar(operand, '$eq', place))),
  $ne: (operand, place) => not(any(equals(scalar(operand, '$ne', place)))),
  $gt: (operand, place) => any(ordered(operand, '$gt', place, (a, b) => a > b)),
  $gte: (operand, place) => any(ordered(operand, '$gte', place, (a, b) => a >= b)),
  $lt: (operand, place) => any(ordered(operand, '$lt', place, (a, b) => a < b)),
  $lte: (operand, place) => any(ordered(operand, '$lte', place, (a, b) => a <= b)),
  $in: (operand, place) => any(oneOf(operand, '$in', place)),
  $nin: (operand, place) => not(any(oneOf(operand, '$nin', place))),
  $startsWith: (operand, place) => any(text(operand, '$startsWith', place, (value, part) => value.startsWith(part))),
  $endsWith: (operand, place) => any(text(operand, '$endsWith', place, (value, part) => value.endsWith(part))),
  $exists: (operand, place) => {
    if (typeof operand !== 'boolean') throw new RuleError(`has $exists at ${place}: use true or false`);
    return (value) => (value !== undefined) === operand;
  },
} as const satisfies Readonly<Record<string, (operand: unknown, place: string) => Holds>>;

type Comparison = keyof typeof COMPARISONS;

/** Every operator that may be used on a value. */
export const OPERATORS: readonly string[] = [...Object.keys(COMPARISONS), '$or', '$and', '$not'];

/** Former names of operators, from before they took MongoDB's. */
export const FORMER_OPERATORS: Readonly<Record<string, Comparison>> = { $neq: '$ne', $exist: '$exists' };

/** Whether a key is an operator that compares. */
export function isComparison(key: string): key is Comparison {
  return Object.hasOwn(COMPARISONS, key);
}

/**
 * The test of one operator. Values of different types are never equal and never in an order.
 *
 * @param place where it stands in the filter, for the message
 * @throws RuleError if the operand does not fit the operator
 */
export function compileComparison(operator: Comparison, operand: unknown, place: string): Holds {
  return COMPARISONS[operator](operand, place);
}

/** A list matches if one of its entries does. */
function any(holds: Holds): Holds {
  return (value) => (Array.isArray(value) ? value.some(holds) : holds(value));
}

function not(holds: Holds): Holds {
  return (value) => !holds(value);
}

function equals(wanted: Scalar): Holds {
  return (value) => value === wanted;
}

function oneOf(operand: unknown, operator: string, place: string): Holds {
  if (typeof operand === 'string') return (value) => typeof value === 'string' && value.includes(operand);
  if (!Array.isArray(operand)) {
    throw new RuleError(`has ${operator} at ${place}: use a list of values, or a text to search for`);
  }
  const wanted = new Set<unknown>(operand.map((entry) => scalar(entry, operator, place)));
  return (value) => wanted.has(value);
}

function ordered<T extends string | number>(
  operand: unknown,
  operator: string,
  place: string,
  compare: (a: T, b: T) => boolean,
): Holds {
  if (typeof operand !== 'number' && typeof operand !== 'string') {
    throw new RuleError(`has ${operator} at ${place}: use a number, or a text such as an ISO 8601 date`);
  }
  return (value) => typeof value === typeof operand && compare(value as T, operand as T);
}

function text(
  operand: unknown,
  operator: string,
  place: string,
  compare: (value: string, part: string) => boolean,
): Holds {
  const parts: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (parts.length === 0 || !parts.every((part) => typeof part === 'string')) {
    throw new RuleError(`has ${operator} at ${place}: use a text or a list of texts`);
  }
  return (value) => typeof value === 'string' && parts.some((part) => compare(value, part));
}

function scalar(operand: unknown, operator: string, place: string): Scalar {
  if (operand === null || ['string', 'number', 'boolean'].includes(typeof operand)) return operand as Scalar;
  throw new RuleError(`has ${operator} at ${place}: use a text, a number, true, false or null`);
}
