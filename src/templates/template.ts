import { LiquidError } from 'liquidjs';
import { ProblemError } from '../protocol/problem-error.ts';
import { type Field, KNOWN_FILTERS, KNOWN_TAGS, listFields, parseLiquid, Rendering, topLevel } from './liquid.ts';
import { readOldFilters } from './old-syntax.ts';
import { RuleError, suggest } from './rule-error.ts';
import { endsHost, hasDotSegment, type TemplateUse, writeValue } from './place-rules.ts';
import { ellipsize } from '../values/plain-text.ts';

/** What a path may begin with, and which headers it may name. */
export interface Scope {
  readonly roots: readonly string[];
  /** In lower case. */
  readonly headers: readonly string[];
}

/** A text in Liquid, filled in from an event: `Review {{ event.pull_request.title | default: "it" }}`. */
export interface Template {
  /** The paths that it reads from the view: `event.pull_request.title`. */
  readonly fields: readonly string[];
  /** Its text, if it reads nothing from the view. */
  readonly constant: string | undefined;
  /** @throws ProblemError `invalid_event` if the event exceeds the limits, or a filter can't handle a value */
  render(view: object, options: RenderOptions): Rendered;
}

export interface RenderOptions {
  /** Most UTF-16 units of the result. */
  readonly limit: number;
}

export interface Rendered {
  /** Well-formed Unicode; a place that finds nothing is empty. */
  readonly text: string;
  /** Whether the view has anything that the template reads. */
  readonly isFound: boolean;
  /** The places that found nothing, as the operator wrote them. */
  readonly missing: readonly string[];
  /** Whether the text was longer than the limit, and was cut. */
  readonly isCut: boolean;
  /** What is wrong with values of the event where they stand, for the sender. Only where the template has a `use`. */
  readonly faults: readonly string[];
}

/** How a template is compiled. */
export interface TemplateOptions {
  /** Name of its setting, for the sender of an event that can't be rendered. Default: `template`. */
  readonly field?: string;
  /** Receives a warning for each place in the earlier syntax. */
  readonly warn?: (message: string) => void;
  /** What it renders, if that limits what a value may be. In a URL, every value but one at the very beginning is encoded. */
  readonly use?: TemplateUse | undefined;
}

/** Filters that add no text to a value: a value at the beginning of a URL, which is not encoded, may use these. */
const PLAIN_FILTERS = ['default', 'cut', 'join', 'json', 'map', 'first', 'last', 'strip'];
const MAX_SHOWN = 80;
const MAX_CONSTANT = 262_144;

/**
 * Compiles a template. Text from an event is never parsed as one.
 *
 * @throws RuleError if the template is not valid, or reads a path that no view has
 */
export function compileTemplate(source: string, scope: Scope, options: TemplateOptions = {}): Template {
  const { field = 'template', warn, use } = options;
  const { text, places } = readOldFilters(source);
  for (const [old, now] of places) warn?.(`uses the old syntax ${old}: write ${now}`);
  const templates = parse(text);
  const fields = listFields(templates);
  const aliases = fields.flatMap((read) => checkField(read, scope));
  const { hasTags, hasPlaces, first, start } = topLevel(templates);
  if (use === 'url') {
    checkUrl(hasTags, first?.filters ?? []);
    if (start !== undefined && hasPlaces && !endsHost(start)) {
      throw new RuleError('has a value in its host, which an event may not change: write https://host/ as text');
    }
  }

  const encode: Rendering['encode'] | undefined =
    use && ((value, rendering) => writeValue(use, value, rendering, value.place === first));

  function render(view: object, { limit }: RenderOptions): Rendered {
    const rendering = new Rendering(addHeaders(view, aliases), { limit, hasTags, encode });
    try {
      rendering.run(templates);
    } catch (error) {
      if (!rendering.isCut) throw refuseEvent(field, error);
    }
    const { isCut, missing, faults } = rendering;
    // A tag may choose a text by a field without printing it.
    const isFound = rendering.found > 0 || (hasTags && fields.some((read) => rendering.has(read)));
    const whole = isCut ? ellipsize(rendering.buffer, limit) : rendering.buffer;
    if (use === 'url' && hasPlaces && hasDotSegment(whole)) {
      faults.push('has a path with . or .. as a segment for this event');
    }
    return { text: whole.toWellFormed(), isFound, missing, isCut, faults };
  }

  return {
    fields: fields.map((read) => read.text),
    constant: fields.length === 0 ? renderConstant(() => render({}, { limit: MAX_CONSTANT }).text) : undefined,
    render,
  };
}

function renderConstant(render: () => string): string {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    throw new RuleError('fails to render, whatever the event: write the text itself');
  }
}

function parse(text: string): ReturnType<typeof parseLiquid> {
  try {
    return parseLiquid(text);
  } catch (error) {
    if (error instanceof RuleError) throw error;
    if (LiquidError.is(error) && error.originalError instanceof RuleError) throw error.originalError;
    throw new RuleError(explain(error instanceof Error ? error.message : '', text));
  }
}

/** What filters of Jinja, Twig, Handlebars and JavaScript are called here. */
const FILTERS_OF_OTHERS: Readonly<Record<string, string>> = {
  ...{ upper: 'upcase', uppercase: 'upcase', touppercase: 'upcase', title: 'capitalize' },
  ...{ lower: 'downcase', lowercase: 'downcase', tolowercase: 'downcase' },
  ...{ trim: 'strip', length: 'size', count: 'size', tojson: 'json', to_json: 'json', json_encode: 'json' },
  ...{ substring: 'slice', ellipsis: 'cut', limit: 'cut', get: 'map', select: 'where', int: 'floor' },
};

/** The parser's error with the fix. */
function explain(message: string, text: string): string {
  const [, what = message, line, column] = /^([^]*?), line:(\d+), col:(\d+)/.exec(message) ?? [];
  const filter = /undefined filter: (.*)/.exec(what)?.[1];
  if (filter !== undefined) {
    return `uses the unknown filter "${filter}": ${suggest(filter, KNOWN_FILTERS, FILTERS_OF_OTHERS)}`;
  }
  const tag = /tag "(.*)" not found/.exec(what)?.[1];
  if (tag !== undefined) return `uses the unknown tag "${tag}": ${suggest(tag, KNOWN_TAGS)}`;
  const at =
    line === undefined ? '' : text.includes('\n') ? ` at line ${line}, column ${column}` : ` at column ${column}`;
  const literal = /^(?:tag|illegal tag)/.test(what) ? ', or write {{ "{%" }} for the characters themselves' : '';
  return `is not valid Liquid${at}, ${what}: correct it${literal}`;
}

/**
 * Refuses a path that no view has.
 *
 * @returns the header that it names, if that is not in lower case
 */
function checkField({ text, steps: [root, ...below] }: Field, { roots, headers }: Scope): readonly string[] {
  if (below.includes('')) throw new RuleError(`has [*], which Liquid does not have: use a for loop, or | map: "name"`);
  if (typeof root !== 'string' || !roots.includes(root)) {
    throw new RuleError(`uses "${text}", but there is no "${String(root)}" here: begin with ${roots.join(', ')}`);
  }
  if (root !== 'headers') return [];
  const [name] = below;
  if (below.length !== 1 || typeof name !== 'string' || !headers.includes(name.toLowerCase())) {
    throw new RuleError(
      `uses "${text}", which this source does not expose: list the header in headers, or use one of ${headers.join(', ')}`,
    );
  }
  return name === name.toLowerCase() ? [] : [name];
}

/** The view with headers under the names that a template uses for them. */
function addHeaders(view: object, aliases: readonly string[]): object {
  if (aliases.length === 0 || !('headers' in view)) return view;
  const headers = view.headers as Readonly<Record<string, unknown>>;
  return {
    ...view,
    headers: { ...headers, ...Object.fromEntries(aliases.map((name) => [name, headers[name.toLowerCase()]])) },
  };
}

function checkUrl(hasTags: boolean, filters: readonly string[]): void {
  if (hasTags) throw new RuleError('has a tag, which a URL may not have: use text and {{ }} only');
  const other = filters.find((name) => !PLAIN_FILTERS.includes(name));
  if (other !== undefined) {
    throw new RuleError(
      `begins with a value changed by ${other}, which a URL may not: write the beginning as text, or remove ${other}`,
    );
  }
}

/** The sender's error. It repeats nothing from the event and nothing from liquidjs. */
function refuseEvent(field: string, error: unknown): ProblemError {
  const { message: what = '', token } = LiquidError.is(error) ? error : {};
  const limit = what.startsWith('template render limit')
    ? 'time'
    : what.startsWith('memory alloc limit')
      ? 'memory'
      : undefined;
  const place = token?.getText().slice(0, MAX_SHOWN) ?? 'a place';
  const message =
    limit === undefined
      ? `can't be rendered: ${place} fails on this event`
      : `exceeds the ${limit} limit of templates on this event`;
  return new ProblemError('invalid_event', `${field} ${message}.`, [{ field, message }]);
}
