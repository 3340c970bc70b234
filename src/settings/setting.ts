import { z } from 'zod';
import { BadValue, BadValues, type Kind } from './kind.ts';

/** A value as the file would have it. */
export type RawValue = string | number | boolean | readonly string[];

/** What a setting was called before it was renamed. */
export interface FormerNames {
  /** In the file, in the same block. */
  readonly key?: string;
  readonly env?: string;
  readonly flag?: `--${string}`;
}

/** A setting's metadata, from which the settings page and the redacted summary are made. */
export interface SettingMeta {
  /** One sentence. */
  readonly help: string;
  /** Environment variable. */
  readonly env?: string;
  /** Long flag of the command line. */
  readonly flag?: `--${string}`;
  readonly secret?: boolean;
  /** Names that it had before: each is still read, with a warning. */
  readonly formerly?: FormerNames;
  /** In the file's notation. */
  readonly default?: RawValue;
  /** Default of `dev` where it is another one. */
  readonly devDefault?: RawValue;
  /** Words for a default that is no plain value. */
  readonly defaultText?: string;
  /** What to write. */
  readonly accepts: string;
  /** A value that was read, in the file's notation; a secret's without the secret. */
  readonly show: (value: unknown) => unknown;
}

/** Every setting of the schema with what is known about it. */
export const settingMeta = z.registry<SettingMeta>();

/** What a block was called before it was renamed. */
export const formerBlockName = z.registry<{ readonly key: string }>();

/** What a fault of a single value passes on to the error message. */
export interface FaultParams {
  readonly fault: 'missing' | 'bad';
  /** Which part of the value is meant; absent: the value itself. */
  readonly subject?: string;
}

type Meta = Omit<SettingMeta, 'accepts' | 'show'>;

/** A setting that must have a value, be it its default. */
export function setting<T>(kind: Kind<T>, meta: Meta): z.ZodType<T> {
  return z.unknown().transform(readBy(kind, meta)).register(settingMeta, withKind(kind, meta));
}

/** A setting that may be left out. */
export function optionalSetting<T>(kind: Kind<T>, meta: Meta): z.ZodOptional<z.ZodType<T | undefined>> {
  const read = readBy(kind, meta);
  return z
    .unknown()
    .transform((value, context) => (value === null ? undefined : read(value, context)))
    .optional()
    .register(settingMeta, withKind(kind, meta));
}

/** The metadata of a setting whose values are of a kind. */
export function withKind<T>(kind: Kind<T>, meta: Meta): SettingMeta {
  // What is shown has been read by the same kind.
  return { ...meta, accepts: kind.accepts, show: (value) => kind.show(value as T) };
}

function readBy<T>(kind: Kind<T>, meta: Meta) {
  return (value: unknown, context: z.RefinementCtx): T => {
    if (value === undefined || value === null) {
      context.addIssue({ code: 'custom', message: 'is missing', params: { fault: 'missing' } satisfies FaultParams });
      return z.NEVER;
    }
    try {
      return kind.read(value);
    } catch (error) {
      for (const { message, subject = meta.secret === true ? 'the value' : undefined } of faultsOf(error)) {
        const params = { fault: 'bad', ...(subject !== undefined && { subject }) } satisfies FaultParams;
        context.addIssue({ code: 'custom', message, params });
      }
      return z.NEVER;
    }
  };
}

function faultsOf(error: unknown): readonly BadValue[] {
  if (error instanceof BadValues) return error.faults;
  if (error instanceof BadValue) return [error];
  throw error;
}
