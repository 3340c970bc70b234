import pc from 'picocolors';
import { type CliIo, isLively, type Output } from '../cli-io.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for a stream; plain text where nobody would see them. */
export function colorsFor(stream: Output, env: CliIo['env']): Colors {
  return pc.createColors(isLively(stream, env));
}
