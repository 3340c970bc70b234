import { parseFieldPath, readField } from './field-path.ts';
import type { Scope } from './event-view.ts';
import { readQuoted, RuleError } from './rule-error.ts';
import { type Argument, cutText, makeTransform, toText, type Transform } from './template-filters.ts';

/** A text with places to fill in from an event: `Review {{ event.pull_request.title | default "the change" }}`. */
export interface Template {
  /** As the operator wrote it. */
  readonly source: string;
  /** Whether it is text without any place to fill in. */
  readonly isPlain: boolean;
  render(view: object, options: RenderOptions): Rendered;
}

export interface RenderOptions {
  /** Most UTF-16 units of the result. */
  readonly limit: number;
  /** Applied to every value but one that the text begins with. */
  readonly encode?: (text: string) => string;
}

export interface Rendered {
  /** Whole characters only; what the event has not is left empty. */
  readonly text: string;
  /** How many places found something. */
  readonly found: number;
  /** The places that found nothing, as the operator wrote them. */
  readonly missing: readonly string[];
  /** Whether the text was longer than the limit, and was cut. */
  readonly isCut: boolean;
}

interface Placeholder {
  readonly source: string;
  readonly read: (view: object) => unknown;
}

const MAX_PLACEHOLDERS = 100;
const PLACEHOLDER = /\{\{((?:[^{}"']|"(?:[^"\\]|\\.)*"|'[^']*')*)\}\}/;
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'[^']*')|(\|)|((?:\["(?:[^"\\]|\\.)*"\]|[^\s|"'])+))\s*/y;

/**
 * Reads a template. It has no logic: a place is a path or a quoted text, then filters parted by `|`. Nothing that an
 * event holds is ever read as a template.
 *
 * @throws RuleError
 */
export function compileTemplate(source: string, scope: Scope): Template {
  const parts = source
    .split(PLACEHOLDER)
    .map((text, index, all) =>
      index % 2 === 0 ? checkLiteral(text, index + 1 < all.length) : compilePlaceholder(text, scope),
    );
  const count = parts.filter((part) => typeof part !== 'string').length;
  if (count > MAX_PLACEHOLDERS) throw new RuleError(`has more than ${MAX_PLACEHOLDERS} places in {{ }}: use fewer`);
  return { source, isPlain: count === 0, render: (view, options) => render(parts, view, options) };
}

function render(parts: readonly (string | Placeholder)[], view: object, { limit, encode }: RenderOptions): Rendered {
  let text = '';
  let found = 0;
  const missing: string[] = [];
  for (const part of parts) {
    const value = typeof part === 'string' ? part : toText(part.read(view));
    if (typeof part !== 'string') {
      if (value === undefined) missing.push(part.source);
      else found += 1;
    }
    const isEncoded = encode !== undefined && typeof part !== 'string' && text !== '';
    text += isEncoded ? encode((value ?? '').toWellFormed()) : (value ?? '');
    if (text.length > limit) return { text: cutText(text, limit).toWellFormed(), found, missing, isCut: true };
  }
  return { text: text.toWellFormed(), found, missing, isCut: false };
}

function checkLiteral(text: string, isBeforePlace: boolean): string {
  // Three braces mean something in other languages.
  const at = isBeforePlace && text.endsWith('{') ? text.length - 1 : text.indexOf('{{');
  if (at < 0) return text;
  throw new RuleError(
    `has "${text.slice(at, at + 40)}", which is not a place to fill in: write {{ event.field }}, and {{ "{" }} for a brace itself`,
  );
}

function compilePlaceholder(inner: string, scope: Scope): string | Placeholder {
  const source = inner.trim();
  const words = tokenize(source);
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === '|') groups.push([]);
    else groups.at(-1)?.push(word);
  }
  const [[operand, ...extra] = [], ...filters] = groups;
  if (operand === undefined || extra.length > 0) {
    throw new RuleError(`has {{ ${source} }}: write one path or one text in quotes, then filters after |`);
  }
  const first = toArgument(operand, scope);
  if (first.kind === 'text' && filters.length === 0) return first.text;
  const transforms = filters.map((filter) => toTransform(filter, source, scope));
  const read = (view: object): unknown =>
    transforms.reduce<unknown>((value, transform) => transform(value, view), valueOf(first, view));
  return { source, read };
}

function tokenize(source: string): string[] {
  const words: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) throw new RuleError(`has {{ ${source} }}, where a quote is not closed: close it`);
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words;
}

function toTransform([name, argument, ...more]: readonly string[], source: string, scope: Scope): Transform {
  if (name === undefined) throw new RuleError(`has {{ ${source} }}, where a filter is missing after |: name it`);
  if (more.length > 0) throw new RuleError(`has {{ ${source} }}, where ${name} has two arguments: give it one`);
  return makeTransform(name, argument === undefined ? undefined : toArgument(argument, scope));
}

function toArgument(word: string, scope: Scope): Argument {
  if (word.startsWith("'")) return { kind: 'text', text: word.slice(1, -1) };
  if (word.startsWith('"')) return { kind: 'text', text: readQuoted(word) };
  if (/^\d+$/.test(word)) return { kind: 'number', number: Number(word) };
  const path = parseFieldPath(word, scope);
  return { kind: 'path', read: (view) => readField(path, view) };
}

function valueOf(argument: Argument, view: object): unknown {
  if (argument.kind === 'path') return argument.read(view);
  return argument.kind === 'text' ? argument.text : argument.number;
}
