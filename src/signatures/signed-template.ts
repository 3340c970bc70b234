/** One piece of what is signed. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'body' | 'timestamp' | 'id' }
  | { readonly kind: 'header'; readonly name: string };

/** The value of each placeholder in one request; undefined for an absent header. */
export interface TemplateValues {
  readonly body: Uint8Array;
  readonly timestamp: string | undefined;
  readonly id: string | undefined;
  header(name: string): string | undefined;
}

/** RFC 9110 section 5.1. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether a text can be the name of a header. */
export function isHeaderName(text: string): boolean {
  return HEADER_NAME.test(text);
}

/**
 * Reads a template of signed bytes such as `v0:{timestamp}:{body}`: text with `{body}` once, and `{timestamp}`, `{id}`
 * and `{header:Name}` as the sender has it.
 *
 * @throws TypeError when a placeholder is unknown, when `{body}`, `{timestamp}` or `{id}` is missing or
 * repeated, or when an id or a header touches another placeholder: bytes could move from one to the other and the signature
 * would still hold
 */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts = template
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== '')
    .map((text) => toPart(text, template));
  const count = (kind: TemplatePart['kind']) => parts.filter((part) => part.kind === kind).length;
  if (count('body') !== 1) throw new TypeError(`The template "${template}" must contain {body} exactly once.`);
  if (count('timestamp') > 1 || count('id') > 1)
    throw new TypeError(`The template "${template}" has {timestamp} or {id} twice: use each once.`);
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (next !== undefined && [part, next].every(isPlaceholder) && [part, next].some(isOpenEnded))
      throw new TypeError(
        `The template "${template}" must have text between {id} or {header:…} and the next placeholder.`,
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
    if (part.kind === 'literal') chunks.push(Buffer.from(part.text, 'utf8'));
    else if (part.kind === 'body') chunks.push(values.body);
    else {
      const value = part.kind === 'header' ? values.header(part.name) : values[part.kind];
      const bytes = toHeaderBytes(value);
      if (bytes === undefined) return undefined;
      if (!isParted(bytes, parts[index < bodyAt ? index + 1 : index - 1], index < bodyAt)) return undefined;
      chunks.push(bytes);
    }
  }
  return Buffer.concat(chunks);
}

function toPart(text: string, template: string): TemplatePart {
  if (!/[{}]/.test(text)) return { kind: 'literal', text };
  if (text === '{body}') return { kind: 'body' };
  if (text === '{timestamp}') return { kind: 'timestamp' };
  if (text === '{id}') return { kind: 'id' };
  const name = /^\{header:(.*)\}$/.exec(text)?.[1];
  if (name !== undefined && isHeaderName(name)) return { kind: 'header', name: name.toLowerCase() };
  throw new TypeError(
    `The template "${template}" has "${text}", but the only placeholders are {body}, {timestamp}, {id} and {header:Name}.`,
  );
}

function isPlaceholder(part: TemplatePart): boolean {
  return part.kind !== 'literal';
}

/** A timestamp is digits without a leading zero and near now: it can't gain or lose a byte and stay valid. */
function isOpenEnded(part: TemplatePart): boolean {
  return part.kind === 'id' || part.kind === 'header';
}

/** Whether the text next to a value, on the body's side, occurs where the value ends and nowhere before. */
function isParted(value: Buffer, beside: TemplatePart | undefined, isBeforeBody: boolean): boolean {
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
