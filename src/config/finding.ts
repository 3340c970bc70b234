import type { Path } from './raw-settings.ts';

/** Something that no value is wrong about alone. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** Tells whether a place could be read, whatever may be wrong below it. */
export type IsSound = (...path: Path) => boolean;
