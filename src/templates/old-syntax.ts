import { RuleError } from './rule-error.ts';

/** A template in the earlier syntax, rewritten. */
export interface Rewritten {
  /** The template in Liquid. */
  readonly text: string;
  /** Each place that was rewritten, before and after. */
  readonly places: readonly (readonly [old: string, now: string])[];
}

const RAW = /(\{%-?\s*(?:raw|comment)\s*-?%\}[^]*?\{%-?\s*end(?:raw|comment)\s*-?%\})/;
const PLACE = /\{\{((?:[^{}"']|"(?:[^"\\]|\\.)*"|'[^']*')*)\}\}/g;
const ARGUMENT =
  /\|(\s*)(default|cut|join)\s+("(?:[^"\\]|\\.)*"|'[^']*'|[^\s:|"'](?:\["(?:[^"\\]|\\.)*"\]|[^\s|"'])*)/g;
const EVERY = /^(\s*)((?:\[\d+\]|\["(?:[^"\\]|\\.)*"\]|[^\s|"'[])+)\[\*\]((?:\.[^\s.[\]|"'*]+)*)(?=\s|\||$)/;

/**
 * Rewrites what has an exact equivalent in Liquid: `| default "x"` as `| default: "x"`, and `list[*].name` as
 * `list | map: "name"`.
 */
export function readOldFilters(template: string): Rewritten {
  const places: [string, string][] = [];
  const rewrite = (whole: string, inner: string): string => {
    const now = inner
      .replace(ARGUMENT, (_, space: string, name: string, argument: string) => `|${space}${name}: ${escaped(argument)}`)
      .replace(EVERY, (_, space: string, list: string, rest: string) =>
        rest === '' ? `${space}${list}` : `${space}${list} | map: "${rest.slice(1)}"`,
      );
    if (now === inner) return whole;
    places.push([whole, `{{${now}}}`]);
    return `{{${now}}}`;
  };
  const text = template
    .split(RAW)
    .map((part, index) => (index % 2 === 0 ? part.replace(PLACE, rewrite) : part))
    .join('');
  return { text, places };
}

/** A backslash in single quotes was literal. */
function escaped(argument: string): string {
  return argument.startsWith("'") ? argument.replaceAll('\\', '\\\\') : argument;
}

/**
 * Refuses what Liquid would read differently, or would refuse without a hint.
 *
 * @param place the text between the braces
 * @throws RuleError
 */
export function refuseOldPath(place: string): void {
  if (/\[\s*\*\s*\]/.test(unquoted(place))) {
    throw new RuleError(
      `has {{ ${place} }}, but Liquid has no [*]: write {% for item in event.list %}{{ item.name }} {% endfor %}`,
    );
  }
  const [path = ''] = /^[A-Za-z_](?:\["(?:[^"\\]|\\.)*"\]|[^\s|"'])*/.exec(place) ?? [];
  const name = /\.([^.[\]]*[^\w\-?.[\]<>=!\u0080-\uffff][^.[\]]*)/.exec(path.replace(/\[[^\]]*\]/g, '[]'))?.[1];
  if (name !== undefined) {
    throw new RuleError(
      `has "${path}": Liquid needs brackets around such a name, so write ["${name}"] instead of .${name}`,
    );
  }
  if (/^\.|[^.]\.(?=\s|\||$)|\.\.[^\s\d(]/.test(unquoted(place)) || place.startsWith('[')) {
    throw new RuleError(`has "${place}", which is not a path: write it like event.pull_request.labels[0].name`);
  }
}

function unquoted(place: string): string {
  return place.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
}
