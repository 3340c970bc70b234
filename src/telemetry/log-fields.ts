/**
 * The fields of a log line, whose names are snake_case: `run_id`, `duration_ms`. Any other name does not compile.
 *
 * @example
 * info<F extends object>(fields: LogFields<F>, message: string): void;
 */
export type LogFields<F extends object> = F & {
  readonly [Name in keyof F]: Name extends string ? (Name extends Lowercase<Name> ? F[Name] : never) : never;
};
