import { isHeaderName } from './signed-template.ts';

const ALGORITHMS = ['sha256', 'sha512', 'sha1'] as const;
const ENCODINGS = ['hex', 'base64'] as const;
const SEPARATORS = [',', ' '] as const;
export const DEFAULT_WINDOW_S = 300;
const MAX_WINDOW_S = 86_400;

/** How a sender signs. Header names are case-insensitive. */
export interface GenericHmacOptions {
  /** Header with the signature. */
  readonly header: string;
  /** Text before the signature, such as `sha256=`. */
  readonly prefix?: string;
  /** Separator of several signatures in the header, after the prefix. Default: the header has one signature. */
  readonly separator?: (typeof SEPARATORS)[number];
  /** The header is a list `t=…,v1=…`: key of the signatures in it. In place of `prefix` and `separator`. */
  readonly signatureKey?: string;
  /** Key of the timestamp in that list. */
  readonly timestampKey?: string;
  /** Header with the timestamp, in seconds since the epoch. In place of `timestampKey`. */
  readonly timestampHeader?: string;
  /** How far off the timestamp may be, either way, in seconds: 1 to 86400, default 300. */
  readonly windowSeconds?: number;
  /** Default `sha256`. The request can't choose it. */
  readonly algorithm?: (typeof ALGORITHMS)[number];
  /** Default `hex`, of either case. */
  readonly encoding?: (typeof ENCODINGS)[number];
  /** The signed bytes, default `{body}`: see `parseTemplate`. */
  readonly template?: string;
  /** Header with the delivery id; signed when the template has `{id}`. */
  readonly idHeader?: string;
  /** Top-level field of the JSON body with the delivery id. In place of `idHeader`. */
  readonly idField?: string;
}

/**
 * Refuses options that don't fit together. They come from a settings file, so their types prove nothing.
 *
 * @throws TypeError with the option, its value and the fix
 */
export function checkGenericHmacOptions(options: GenericHmacOptions): void {
  for (const option of ['header', 'timestampHeader', 'idHeader'] as const) {
    const name = options[option];
    if (option === 'header' ? !isHeaderName(name ?? '') : name !== undefined && !isHeaderName(name))
      throw new TypeError(`${option} "${name}" must be the name of a header.`);
  }
  const { algorithm = 'sha256', encoding = 'hex', separator = ',', windowSeconds = DEFAULT_WINDOW_S } = options;
  if (!ALGORITHMS.includes(algorithm))
    throw new TypeError(`algorithm "${algorithm}" must be one of ${ALGORITHMS.join(', ')}.`);
  if (!ENCODINGS.includes(encoding)) throw new TypeError(`encoding "${encoding}" must be hex or base64.`);
  if (!SEPARATORS.includes(separator)) throw new TypeError(`separator "${separator}" must be a comma or a space.`);
  if (!(windowSeconds >= 1 && windowSeconds <= MAX_WINDOW_S))
    throw new TypeError(`windowSeconds ${windowSeconds} must be 1 to ${MAX_WINDOW_S} seconds.`);
  if (options.signatureKey !== undefined && (options.prefix !== undefined || options.separator !== undefined))
    throw new TypeError('signatureKey reads a list t=…,v1=…: remove prefix and separator, or signatureKey.');
  if (options.timestampKey !== undefined && options.signatureKey === undefined)
    throw new TypeError('timestampKey reads a list t=…,v1=…: set signatureKey too, or use timestampHeader instead.');
  if (options.timestampKey !== undefined && options.timestampHeader !== undefined)
    throw new TypeError('Set timestampHeader or timestampKey, not both.');
  if (options.idHeader !== undefined && options.idField !== undefined)
    throw new TypeError('Set idHeader or idField, not both.');
}
