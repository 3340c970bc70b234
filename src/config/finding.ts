import { MIN_SECRET_LENGTH } from '../settings/secrets.ts';
import type { Path } from './raw-settings.ts';

/** Something that no value is wrong about alone. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** Tells whether a place could be read, whatever may be wrong below it. */
export type IsSound = (...path: Path) => boolean;

/** Whether a secret is too short to be kept from guessing. */
export function isWeak(secret: string): boolean {
  const length = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64').length : secret.length;
  return length < MIN_SECRET_LENGTH;
}
