import { ellipsize } from '../values/plain-text.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** One wrong field of a request. */
export interface ProblemField {
  /** The field's path, dotted: `callback_url`. */
  readonly field: string;
  readonly message: string;
}

/** The body of an error response, `application/problem+json`. */
export interface Problem {
  /** Stable and relative: `/problems/<code>`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What was wrong with which value, and how to fix it. */
  readonly detail: string;
  readonly request_id?: string;
  readonly errors?: readonly ProblemField[];
}

/**
 * Thrown when a request can't be served. The error responder turns it into problem details.
 *
 * `detail` reaches the caller. It never holds a secret, an internal host name or a stack.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly ProblemField[] | undefined;

  constructor(code: ProblemCode, detail: string, errors?: readonly ProblemField[]) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}

/** Enough to fix a request. Without the limit, a body of unknown fields would get a response many times its size. */
const MAX_FIELDS = 16;
const MAX_FIELD_NAME = 64;

/** The problem of a request with invalid fields: its detail is about the first one, and it lists at most 16. */
export function fieldProblem(code: ProblemCode, invalid: readonly ProblemField[]): ProblemError {
  const errors = invalid.slice(0, MAX_FIELDS).map(({ field, message }) => ({
    field: ellipsize(field, MAX_FIELD_NAME),
    message,
  }));
  const [{ field, message } = { field: '', message: 'is not valid' }] = errors;
  const more = invalid.length > 1 ? ` ${invalid.length - 1} more in errors.` : '';
  return new ProblemError(code, `${field || 'The body'}: ${message}.${more}`, errors);
}

/** The response body for a code. */
export function toProblem(
  code: ProblemCode,
  detail: string,
  extra: Pick<Problem, 'request_id' | 'errors'> = {},
): Problem {
  const { title, status } = PROBLEMS[code];
  return { type: `/problems/${code}`, title, status, code, detail, ...extra };
}
