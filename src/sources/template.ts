import { LiquidError } from 'liquidjs';
import { ProblemError } from '../protocol/problems.ts';
import type { Scope } from './event-view.ts';
import {
  cutText,
  type Field,
  KNOWN_FILTERS,
  KNOWN_TAGS,
  listFields,
  parseLiquid,
  Rendering,
  topLevel,
} from './liquid.ts';
import { readOldFilters } from './old-syntax.ts';
import { RuleError, suggest } from './rule-error.ts';

/** A text in Liquid with places to fill in from an event: `Review {{ event.pull_request.title | default: "it" }}`. */
export interface Template {
  /** What it reads of the view, as the operator wrote it: `event.pull_request.title`. */
  readonly fields: readonly string[];
  /** Its text, where it reads nothing of the view. */
  readonly constant: string | undefined;
  /** @throws ProblemError `invalid_event` where the event takes it beyond its limits, or a filter can't take its value */
  render(view: object, options: RenderOptions): Rendered;
}

export interface RenderOptions {
  /** Most UTF-16 units of the result. */
  readonly limit: number;
}

export interface Rendered {
  /** Whole characters only; what the event has not is left empty. */
  readonly text: string;
  /** Whether anything that the template reads is there. */
  readonly isFound: boolean;
  /** The places that found nothing, as the operator wrote them. */
  readonly missing: readonly string[];
  /** Whether the text was longer than the limit, and was cut. */
  readonly isCut: boolean;
}

/** How a template is read. */
export interface TemplateOptions {
  /** Where it stands, for whoever sends an event that it can't take. Default: `template`. */
  readonly field?: string;
  /** Takes what works and should be written otherwise. */
  readonly warn?: (message: string) => void;
  /** Whether it makes a URL: every value but one at its very beginning is percent-encoded. */
  readonly isUrl?: boolean;
}

/** Filters that add nothing of the operator's own to a value, so that it may stand at a URL's beginning as it is. */
const PLAIN_FILTERS = ['default', 'cut', 'join', 'json', 'map', 'first', 'last', 'strip'];
const MAX_SHOWN = 80;
const MAX_CONSTANT = 262_144;

/**
 * Reads a template. Nothing that an event holds is ever read as one.
 *
 * @throws RuleError
 */
export function compileTemplate(source: string, scope: Scope, options: TemplateOptions = {}): Template {
  const { field = 'template', warn, isUrl = false } = options;
  const { text, places } = readOldFilters(source);
  for (const [old, now] of places) warn?.(`has ${old}, which is ${now} in Liquid: write it so`);
  const templates = parse(text);
  const fields = listFields(templates);
  const aliases = fields.flatMap((read) => checkField(read, scope));
  const { hasTags, first } = topLevel(templates);
  if (isUrl) checkUrl(hasTags, first?.filters ?? []);

  const encode: Rendering['encode'] | undefined = isUrl
    ? (value, place) => (place === first ? value : encodeURIComponent(value.toWellFormed()))
    : undefined;

  function render(view: object, { limit }: RenderOptions): Rendered {
    const rendering = new Rendering(addHeaders(view, aliases), { limit, hasTags, encode });
    try {
      rendering.run(templates);
    } catch (error) {
      if (!rendering.isCut) throw refuseEvent(field, error);
    }
    const { isCut, missing } = rendering;
    // A tag can choose between texts by a field without writing it.
    const isFound = rendering.found > 0 || (hasTags && fields.some((read) => rendering.has(read)));
    const whole = isCut ? cutText(rendering.buffer, limit) : rendering.buffer;
    return { text: whole.toWellFormed(), isFound, missing, isCut };
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
    throw new RuleError('makes a text that no event could change, and fails at it: write the text itself');
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

/** Words an error of the parser, with the fix. */
function explain(message: string, text: string): string {
  const [, what = message, line, column] = /^([^]*?), line:(\d+), col:(\d+)/.exec(message) ?? [];
  const filter = /undefined filter: (.*)/.exec(what)?.[1];
  if (filter !== undefined) {
    return `has the filter "${filter}", which is not known: ${suggest(filter, KNOWN_FILTERS)}`;
  }
  const tag = /tag "(.*)" not found/.exec(what)?.[1];
  if (tag !== undefined) return `has the tag "${tag}", which is not known: ${suggest(tag, KNOWN_TAGS)}`;
  const at = text.split('\n').length > 1 ? `line ${line}, column ${column}` : `column ${column}`;
  const literal = /^(?:tag|illegal tag)/.test(what) ? ', or write {{ "{%" }} for the characters themselves' : '';
  return `is not Liquid at ${at}, ${what}: correct it${literal}`;
}

/** Refuses a field that no view has. Gives the header that it names, where it does so in upper case. */
function checkField({ text, steps: [root, ...below] }: Field, { roots, headers }: Scope): readonly string[] {
  if (below.includes(''))
    throw new RuleError(`has "${text}", and [*] is not Liquid: write a for loop, or | map: "name"`);
  if (typeof root !== 'string' || !roots.includes(root)) {
    throw new RuleError(`has "${text}", and nothing is called ${String(root)} here: begin with ${roots.join(', ')}`);
  }
  if (root !== 'headers') return [];
  const [name] = below;
  if (below.length !== 1 || typeof name !== 'string' || !headers.includes(name.toLowerCase())) {
    throw new RuleError(
      `has "${text}", which is not a header that this source shows: list it in headers, or write one of ${headers.join(', ')}`,
    );
  }
  return name === name.toLowerCase() ? [] : [name];
}

/** The view with headers under the names by which a template asks for them. */
function addHeaders(view: object, aliases: readonly string[]): object {
  if (aliases.length === 0 || !('headers' in view)) return view;
  const headers = view.headers as Readonly<Record<string, unknown>>;
  return {
    ...view,
    headers: { ...headers, ...Object.fromEntries(aliases.map((name) => [name, headers[name.toLowerCase()]])) },
  };
}

function checkUrl(hasTags: boolean, filters: readonly string[]): void {
  if (hasTags) throw new RuleError('has a tag, and an address has none: write text and {{ }} only');
  const other = filters.find((name) => !PLAIN_FILTERS.includes(name));
  if (other !== undefined) {
    throw new RuleError(
      `begins with a value that ${other} changes: write the beginning as text, or leave ${other} out`,
    );
  }
}

/** What the sender hears: nothing of the event, and nothing of liquidjs. */
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
      ? `can't take what the event has at ${place}`
      : `takes more ${limit} than a template may for this event`;
  return new ProblemError('invalid_event', `${field} ${message}.`, [{ field, message }]);
}
