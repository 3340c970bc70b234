import {
  Context,
  type Emitter,
  type FilterImplOptions,
  Liquid,
  Output,
  ParseError,
  Parser,
  toValue,
  toValueSync,
  TypeGuards,
} from 'liquidjs';
import { refuseOldPath } from './old-syntax.ts';
import { RuleError } from './rule-error.ts';
import { ellipsize } from '../values/plain-text.ts';

type Parsed = ReturnType<Parser['parse']>;
type Postfix = Output['value']['initial']['postfix'];
type Path = readonly (string | number)[];

/**
 * Limits of a template: its length in characters; time per rendering in milliseconds; memory per rendering in characters and
 * list entries. A normal rendering takes well under a millisecond, so a busy machine does not hit the time limit.
 */
const LIMITS = { parseLimit: 40_000, renderLimit: 500, memoryLimit: 8 * 1024 * 1024 };

/** Tags that read no files, and print nothing that bypasses `Place`. */
const TAGS = ['if', 'unless', 'case', 'for', 'break', 'continue', 'cycle', 'assign', 'capture', 'comment', 'raw', '#'];
/** Filters that parse text as Liquid, and one whose result differs from one attempt of a delivery to the next. */
const REFUSED_FILTERS = /_exp$|^sample$/;
const MAX_CUT = 1_000_000;

/** Our own filters, and those that treat data differently from Liquid's. */
const FILTERS: Readonly<Record<string, FilterImplOptions>> = {
  // Liquid's replaces `false`, too.
  default: (value: unknown, fallback: unknown) => (isMissing(value) ? fallback : value),
  json: (value: unknown, indent?: number) => (isMissing(value) ? undefined : JSON.stringify(value, undefined, indent)),
  join: (value: unknown, separator: unknown = ' ') =>
    Array.isArray(value) ? joinScalars(value, toText(separator) ?? '') : value,
  cut(value: unknown, length: unknown) {
    const text = toText(value);
    return text === undefined || typeof length !== 'number' ? text : ellipsize(text, length);
  },
  // Liquid's replaces what is not UTF-8, so that two values could read as one.
  base64_decode(value: unknown) {
    const text = toText(value);
    if (text === undefined) return undefined;
    this.context.memoryLimit.use(text.length);
    // Both alphabets, in lines or not, with padding or without: RFC 4648 and RFC 2045.
    const digits = text.replace(/\s+/g, '').replace(/={1,2}$/, '');
    if (!/^[\w+/-]*$/.test(digits) || digits.length % 4 === 1) throw new TypeError('The value is not base64.');
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(digits, 'base64'));
  },
};

const engine = createEngine();

/** The names that templates may use after `{%` and after `|`. */
export const [KNOWN_TAGS, KNOWN_FILTERS] = [TAGS, Object.keys(engine.filters)] as const;

function createEngine(): Liquid {
  const liquid = new Liquid({
    ...LIMITS,
    ownPropertyOnly: true,
    strictFilters: true,
    // Replaces the file system.
    templates: {},
    // The machine's own would render the same event differently elsewhere.
    timezoneOffset: 0,
    locale: 'en-US',
  });
  for (const tag of Object.keys(liquid.tags)) if (!TAGS.includes(tag)) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) if (REFUSED_FILTERS.test(filter)) liquid.unregisterFilter(filter);
  for (const [name, filter] of Object.entries(FILTERS)) liquid.registerFilter(name, filter);
  return liquid;
}

/**
 * Parses a template.
 *
 * @throws RuleError, or an error of liquidjs
 */
export function parseLiquid(text: string): Parsed {
  return new PlaceParser(engine).parse(text);
}

/** A path that a template reads from the view. A step is a name, an index, or another variable. */
export interface Field {
  readonly text: string;
  readonly steps: readonly unknown[];
}

/** The paths that a template reads from the view. Its own names, such as a loop's variable, are not included. */
export function listFields(templates: Parsed): readonly Field[] {
  const { globals } = engine.analyzeSync(templates, { partials: false });
  const fields = Object.values(globals).flat();
  return [...new Map(fields.map((field) => [String(field), { text: String(field), steps: field.segments }])).values()];
}

/** Whether a template has tags and places, and the place or the text that it begins with. */
export function topLevel(templates: Parsed) {
  const [first] = templates;
  return {
    hasTags: templates.some(({ token }) => TypeGuards.isTagToken(token)),
    hasPlaces: templates.some((template) => template instanceof Place && !template.isConstant),
    first: first instanceof Place ? first : undefined,
    start: first !== undefined && TypeGuards.isHTMLToken(first.token) ? first.token.getContent() : undefined,
  };
}

/** What a place has found. */
export interface PlaceValue {
  readonly text: string;
  /** The place, as the operator wrote it. */
  readonly source: string;
  readonly place: Place;
  /** What it was in the event. `list`: a list or an object that filters made a text of; `nested`: one that is printed. */
  readonly type: 'text' | 'scalar' | 'list' | 'nested' | 'missing';
}

interface RenderingOptions {
  /** Most UTF-16 units of the text. */
  readonly limit: number;
  readonly hasTags: boolean;
  /** Judges and encodes the value of a place. Default: as it is. */
  readonly encode?: ((value: PlaceValue, rendering: Rendering) => string) | undefined;
}

/** One rendering: the text so far, and which places found a value. */
export class Rendering extends Context implements Emitter {
  readonly missing: string[] = [];
  /** What is wrong with a value where it stands; without what it was. */
  readonly faults: string[] = [];
  found = 0;
  buffer = '';
  private readonly limit: number;
  readonly encode: (value: PlaceValue, rendering: Rendering) => string;

  private readonly hasTags: boolean;

  constructor(view: object, { limit, hasTags, encode = ({ text }) => text }: RenderingOptions) {
    super(view, engine.options, { sync: true });
    this.limit = limit;
    this.hasTags = hasTags;
    this.encode = encode;
  }

  get isCut(): boolean {
    return this.buffer.length > this.limit;
  }

  /** @throws RangeError once the text exceeds the limit, which ends the rendering */
  write(value: unknown): void {
    this.buffer += typeof value === 'string' ? value : (toText(value) ?? '');
    if (this.isCut) throw new RangeError('The text is full.');
  }

  /** Records whether a place found a value. */
  note(isFound: boolean, { source }: Place): void {
    if (isFound) this.found += 1;
    else this.missing.push(source);
  }

  /** @throws an error of liquidjs, which may wrap that of `write` */
  run(templates: Parsed): void {
    toValueSync(engine.renderer.renderTemplates(templates, this, this));
  }

  /** The value at a path of the view; undefined if tags may have redefined its root. */
  readPath(path: Path | undefined): unknown {
    if (path === undefined || this.hasTags) return undefined;
    return path.reduce<unknown>((value, step) => this.readProperty(value as object, step), this.environments);
  }

  /** Whether the view has a value for a field. */
  has({ steps }: Field): boolean {
    const flat = steps.filter((step) => typeof step === 'string' || typeof step === 'number');
    return flat.length === steps.length && !isMissing(toValue(this.getSync(flat)));
  }
}

/** A place `{{ … }}`, which records whether it found a value. */
export class Place extends Output {
  readonly source: string;
  readonly isConstant: boolean;
  private readonly path: Path | undefined;

  constructor(token: ConstructorParameters<typeof Output>[0]) {
    super(token, engine);
    this.source = token.content;
    const { initial, filters } = this.value;
    this.path = constantPath(initial.postfix);
    this.isConstant = filters.length === 0 && initial.postfix.every((part) => TypeGuards.isQuotedToken(part));
    checkOperands(initial.postfix, this.source);
    for (const { name, args } of filters) checkArguments(name, args);
  }

  override *render(context: Context, emitter: Emitter): IterableIterator<unknown> {
    if (!(context instanceof Rendering)) throw new TypeError('A place needs a Rendering as its context.');
    const { initial, filters } = this.value;
    // Most places read one path, for which Liquid's general evaluation takes three times as long.
    let value = context.readPath(this.path) ?? (yield initial.evaluate(context, false));
    const before = value;
    for (const filter of filters) value = yield filter.render(value, context);
    const text = toText(toValue(value)) ?? '';
    if (this.isConstant) {
      emitter.write(text);
    } else {
      context.note(text !== '', this);
      emitter.write(context.encode({ text, source: this.source, place: this, type: typeOf(value, before) }, context));
    }
  }

  /** The names of its filters. */
  get filters(): readonly string[] {
    return this.value.filters.map(({ name }) => name);
  }
}

class PlaceParser extends Parser {
  override parseToken(...[token, rest]: Parameters<Parser['parseToken']>): ReturnType<Parser['parseToken']> {
    if (!TypeGuards.isOutputToken(token)) return super.parseToken(token, rest);
    refuseOldPath(token.content);
    try {
      return new Place(token);
    } catch (error) {
      throw error instanceof Error && error.name === 'AssertionError' ? new ParseError(error, token) : error;
    }
  }
}

/** The steps of a value that is a single path without variables in brackets. */
function constantPath(postfix: Postfix): Path | undefined {
  const [token, ...more] = postfix;
  if (more.length > 0 || !TypeGuards.isPropertyAccessToken(token) || token.variable !== undefined) return undefined;
  const steps = token.props.map((part) => {
    const isConstant = TypeGuards.isWordToken(part) || TypeGuards.isQuotedToken(part) || TypeGuards.isNumberToken(part);
    return isConstant ? (part as { readonly content: string | number }).content : undefined;
  });
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

/** Liquid itself uses the first of several values and ignores the others. */
function checkOperands(postfix: Postfix, source: string): void {
  const values = postfix.reduce((count, part) => {
    if (!TypeGuards.isOperatorToken(part)) return count + 1;
    return part.operator === 'not' ? count : count - 1;
  }, 0);
  if (values !== 1 || /\|\s*$/.test(source)) {
    throw new RuleError(
      `has {{ ${source} }}, which is not one value: write one path or one text in quotes, then filters after |`,
    );
  }
}

function checkArguments(name: string, [first]: Output['value']['filters'][number]['args']): void {
  if (name === 'default' && first === undefined) {
    throw new RuleError('uses default without a value: write | default: "none"');
  }
  if (name !== 'cut') return;
  const length = TypeGuards.isNumberToken(first) ? first.content : 0;
  if (length >= 1 && length <= MAX_CUT) return;
  throw new RuleError(`uses cut without a length: write | cut: 200, at most ${MAX_CUT}`);
}

/** What a place has found, by its value after and before the filters. */
function typeOf(value: unknown, before: unknown): PlaceValue['type'] {
  if (isNested(value)) return 'nested';
  if (isNested(before)) return 'list';
  const plain: unknown = toValue(value);
  if (isMissing(plain)) return 'missing';
  return typeof plain === 'string' ? 'text' : 'scalar';
}

/** Whether a value is a list or an object. */
function isNested(value: unknown): boolean {
  const plain: unknown = toValue(value);
  return typeof plain === 'object' && plain !== null;
}

/** Whether there is nothing to print: undefined, null, or an empty text or list. */
function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A value as text: a list of plain values with commas, anything deeper as JSON. Undefined if there is nothing to print. */
function toText(value: unknown): string | undefined {
  if (isMissing(value)) return undefined;
  const joined = Array.isArray(value) ? joinScalars(value, ', ') : value;
  if (typeof joined === 'string') return joined === '' ? undefined : joined;
  return typeof joined === 'number' ? String(joined) : JSON.stringify(joined);
}

/** Joins a list of plain values; returns any other list unchanged. */
function joinScalars(list: readonly unknown[], separator: string): unknown {
  const scalars = list.filter((entry) => entry !== null && entry !== undefined);
  return scalars.every((entry) => typeof entry !== 'object') ? scalars.map(String).join(separator) : list;
}
