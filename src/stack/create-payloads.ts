import { resolve } from 'node:path';
import { type PayloadOptions, Payloads } from '../payloads/payloads.ts';
import { StartError } from './start-error.ts';

/**
 * The payloads that settings describe. A relative folder is in the working directory.
 *
 * @throws StartError when the package for `s3://` is not installed
 */
export function createPayloads({ storage, ...options }: PayloadOptions): Payloads {
  try {
    const place = typeof storage === 'string' ? resolve(storage) : storage;
    return new Payloads({ ...options, ...(place !== undefined && { storage: place }) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`payloads.storage: ${why}.`, { cause: error });
  }
}
