import { createHash } from 'node:crypto';
import type { InputAnswer } from './question.ts';

const CHARACTERS = 32;

/** The update ID of an answer: the same answer sent twice is one update. */
export function deriveAnswerId({ question, answer, by, comment, via }: InputAnswer): string {
  const hash = createHash('sha256').update(JSON.stringify([question, answer, by, comment, via]));
  return `input-${hash.digest('hex').slice(0, CHARACTERS)}`;
}
