import { compile, type JSONValue } from 'json-p3';
import { BadValue, type Kind, quoteValue, readEach } from '../settings/kind.ts';
import { anyText } from '../settings/texts.ts';

/** Where something stands in JSON (RFC 9535): `$.output[*].text`. */
export const jsonPath: Kind<string> = {
  accepts: 'JSONPath',
  read(value) {
    const text = anyText.read(value);
    try {
      compile(text);
      return text;
    } catch {
      throw new BadValue('is not a JSONPath (RFC 9535): write it as $.output or $.choices[0].message.content');
    }
  },
  show: (text) => text,
};

/** One such place, or several of which the first that has something counts. */
export const jsonPaths: Kind<readonly string[]> = {
  accepts: 'JSONPath, or list of them',
  read: (value) =>
    Array.isArray(value)
      ? readEach(value as unknown[], (path) => jsonPath.read(path), quoteValue)
      : [jsonPath.read(value)],
  show: (paths) => paths,
};

/** Reads what stands at a path. */
export interface JsonPlace {
  /** The texts there, joined; numbers count as texts. Undefined where there is none. */
  readonly text: (body: unknown) => string | undefined;
  /** The first number there, from 0. */
  readonly number: (body: unknown) => number | undefined;
}

/** @throws an error of json-p3 when it is no JSONPath */
export function compilePlace(path: string): JsonPlace {
  const query = compile(path);
  const find = (body: unknown): unknown[] => query.query(body as JSONValue).values();
  return {
    text(body) {
      const texts = find(body).flatMap((value) => {
        if (typeof value === 'string') return [value];
        return typeof value === 'number' ? [String(value)] : [];
      });
      return texts.length === 0 ? undefined : texts.join('');
    },
    number(body) {
      return find(body).find((value) => typeof value === 'number' && value >= 0) as number | undefined;
    },
  };
}

/** The text at the first of several places that has one. */
export function compileTextPlaces(paths: readonly string[]): JsonPlace['text'] {
  const places = paths.map(compilePlace);
  return (body) => {
    const texts = places.map((place) => place.text(body)).filter((text) => text !== undefined);
    return texts.find((text) => text !== '') ?? texts[0];
  };
}

/** The value of a JSON text; undefined for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
