import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** The only block of code of a page in a language that holds some words. */
export function documentedCode(page: string, language: string, words: string): string {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter((match) => match[1] === language && match[2]?.includes(words))
    .map((match) => match[2] ?? '');
  assert.equal(blocks.length, 1, `${language} with ${words} in ${page}`);
  return blocks[0] ?? '';
}
