/** One piece of what is signed. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: (typeof SIMPLE)[number] }
  | { readonly kind: (typeof NAMED)[number]; readonly name: string };

const SIMPLE = ['body', 'timestamp', 'id', 'method', 'url', 'path', 'form'] as const;
const NAMED = ['header', 'query', 'field', 'lines'] as const;
const PLACEHOLDERS =
  '{body}, {timestamp}, {id}, {method}, {url}, {path}, {form}, {query:name}, {field:name}, {lines:names} and {header:Name}';

/** The value of each placeholder in one request; undefined for what is absent. */
export interface TemplateValues {
  readonly body: Uint8Array;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  header(name: string): string | undefined;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly path?: string | undefined;
  /** The fields of a form, sorted; may be empty. */
  form?(): string | undefined;
  query?(name: string): string | undefined;
  /** Of the body. */
  field?(path: string): string | undefined;
  /** Names and values of fields of the body. */
  lines?(names: string): string | undefined;
}

/** RFC 9110 section 5.1. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a text can be the name of a header. */
export function isHeaderName(text: string): boolean {
  return HEADER_NAME.test(text);
}

/**
 * Reads a template of signed bytes such as `v0:{timestamp}:{body}`: text with `{body}` once, and `{timestamp}`, `{id}`,
 * `{method}`, `{url}`, `{path}`, `{query:name}` and `{header:Name}` as the sender has them. In place of the body a sender may sign
 * `{form}`, its sorted fields, one `{field:name}`, or `{lines:names}`: name and value of each field, a line each.
 *
 * @throws TypeError when a placeholder is unknown, when `{body}`, `{timestamp}` or `{id}` is missing or
 * repeated, or when an id, a header, a query parameter or a field touches another such placeholder or the body: bytes could move
 * from one to the other and the signature would still hold
 */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts = template
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== '')
    .map((text) => toPart(text, template));
  const count = (kind: TemplatePart['kind']) => parts.filter((part) => part.kind === kind).length;
  const covers = (['body', 'form', 'field', 'lines'] as const).some((kind) => count(kind) > 0);
  if (count('body') > 1 || !covers)
    throw new TypeError(
      `The template "${template}" must contain {body} exactly once, or in its place {form}, {field:name} or {lines:names}.`,
    );
  if (count('timestamp') > 1 || count('id') > 1)
    throw new TypeError(`The template "${template}" has {timestamp} or {id} twice: use each once.`);
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (next !== undefined && [part, next].every(isOpen) && [part, next].some(isOpenEnded))
      throw new TypeError(
        `The template "${template}" must have text between {id}, {header:…}, {query:…} or {field:…} and the next placeholder.`,
      );
  }
  return parts;
}

/**
 * The signed bytes of a request.
 *
 * @returns undefined when a value is absent or empty, or contains the text that separates it from the body, so that the
 * same bytes could be read in two ways
 */
export function renderTemplate(parts: readonly TemplatePart[], values: TemplateValues): Uint8Array | undefined {
  const bodyAt = parts.findIndex((part) => part.kind === 'body');
  const chunks: Uint8Array[] = [];
  for (const [index, part] of parts.entries()) {
    const bytes = toBytes(part, values);
    if (bytes === undefined) return undefined;
    const isBeforeBody = index < bodyAt;
    if (isOpenEnded(part) && !isParted(bytes, parts[isBeforeBody ? index + 1 : index - 1], isBeforeBody))
      return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function toBytes(part: TemplatePart, values: TemplateValues): Uint8Array | undefined {
  switch (part.kind) {
    case 'literal':
      return Buffer.from(part.text, 'utf8');
    case 'body':
      return values.body;
    case 'form':
      return toUtf8(values.form?.(), true);
    case 'header':
      return toHeaderBytes(values.header(part.name));
    case 'query':
    case 'field':
    case 'lines':
      return toUtf8(values[part.kind]?.(part.name));
    case 'id':
    case 'timestamp':
      return toHeaderBytes(values[part.kind]);
    default:
      return toUtf8(values[part.kind]);
  }
}

function toUtf8(text: string | undefined, mayBeEmpty = false): Buffer | undefined {
  return text === undefined || (text === '' && !mayBeEmpty) ? undefined : Buffer.from(text, 'utf8');
}

function toPart(text: string, template: string): TemplatePart {
  if (!/[{}]/.test(text)) return { kind: 'literal', text };
  const simple = SIMPLE.find((kind) => text === `{${kind}}`);
  if (simple !== undefined) return { kind: simple };
  const [, word, name = ''] = /^\{(\w+):(.*)\}$/.exec(text) ?? [];
  const kind = NAMED.find((known) => known === word);
  if (kind === 'header' && isHeaderName(name)) return { kind, name: name.toLowerCase() };
  if (kind !== undefined && kind !== 'header' && name !== '') return { kind, name };
  throw new TypeError(`The template "${template}" has "${text}", but the only placeholders are ${PLACEHOLDERS}.`);
}

/** Whether a template covers a field of the body. */
export function signsField(parts: readonly TemplatePart[], path: string): boolean {
  return parts.some((part) => {
    if (part.kind === 'lines') return part.name.split(',').some((name) => name.replace(/\?$/, '') === path);
    return part.kind === 'body' || (part.kind === 'field' && part.name === path);
  });
}

/** Where bytes could move to, or come from. */
function isOpen(part: TemplatePart): boolean {
  return isOpenEnded(part) || part.kind === 'body' || part.kind === 'form' || part.kind === 'path';
}

/**
 * A timestamp is near now: it can't gain or lose a byte and stay valid. The URL begins with what the operator has set, and the
 * method is one of a few.
 */
function isOpenEnded(part: TemplatePart): boolean {
  return (NAMED as readonly string[]).includes(part.kind) || part.kind === 'id';
}

/** Whether the text next to a value, on the body's side, occurs where the value ends and nowhere before. */
function isParted(value: Uint8Array, beside: TemplatePart | undefined, isBeforeBody: boolean): boolean {
  if (beside?.kind !== 'literal') return true;
  const literal = Buffer.from(beside.text, 'utf8');
  if (isBeforeBody) return Buffer.concat([value, literal]).indexOf(literal) === value.length;
  return Buffer.concat([literal, value]).lastIndexOf(literal) === 0;
}

/** A header's bytes: HTTP decodes them as Latin-1, whatever they were. */
function toHeaderBytes(value: string | undefined): Buffer | undefined {
  if (value === undefined || value === '') return undefined;
  const bytes = Buffer.from(value, 'latin1');
  return bytes.toString('latin1') === value ? bytes : undefined;
}
