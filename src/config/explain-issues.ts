import type { z } from 'zod';
import { type ConfigProblem, endSentence } from './config-error.ts';
import { quoteValue } from '../settings/kind.ts';
import { NAME_FIX } from '../settings/texts.ts';
import { SCHEDULE_NAME_FIX } from './schedule-settings.ts';
import { environmentPath } from './layers.ts';
import { listSettings } from './list-settings.ts';
import { nearestName } from '../values/nearest-name.ts';
import { formatPath, getAt, type Origin, type Path, type RawSettings, wordOrigin } from './raw-settings.ts';
import { chosenOption, type SchemaVisitor, visitSchema } from '../settings/schema-node.ts';
import type { FaultParams } from '../settings/setting.ts';
import { WEBHOOK_ADAPTER } from './webhook-adapter.ts';

type Schema = z.core.$ZodType;

/** A problem with where its value came from, so that what another problem explains can be left out. */
export interface ExplainedProblem extends ConfigProblem {
  readonly origin: Origin | undefined;
}

/** Words what the schema found wrong: one line each, with the path, the origin, the value and the fix. */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  raw: RawSettings,
  schema: Schema,
): ExplainedProblem[] {
  return issues.flatMap((issue): ExplainedProblem[] => {
    if (issue.code !== 'unrecognized_keys') return [explain(issue.path, wordIssue(issue, raw, schema), raw)];
    return issue.keys.map((key) => explain([...issue.path, key], wordUnknownKey(issue.path, key, raw, schema), raw));
  });
}

/** A sentence about a place: where it is, and what was found there. */
export function wordFinding(path: Path, message: string, raw: RawSettings): string {
  return explain(path, ` ${message}`, raw).line;
}

/** A setting and where it stands: `schedules.nightly.cron (garudust-temporal.yaml line 12)`. */
export function wordPlace(path: Path, raw: RawSettings): string {
  const { origin, shown } = locate(path, raw);
  return `${shown}${wordOrigin(origin)}`;
}

function explain(path: Path, text: string, raw: RawSettings): ExplainedProblem {
  const { origin, shown } = locate(path, raw);
  return { path: shown, origin, line: `${shown}${wordOrigin(origin)}${endSentence(text)}` };
}

function wordIssue(issue: z.core.$ZodIssue, raw: RawSettings, schema: Schema): string {
  switch (issue.code) {
    case 'custom':
      return wordFault(issue.path, issue.message, issue.params as FaultParams | undefined, raw, schema);
    case 'invalid_type':
      return wordShape(issue.expected, getAt(raw.values, issue.path));
    case 'invalid_key':
      return ` is not a name: ${issue.path[0] === 'schedules' ? SCHEDULE_NAME_FIX : NAME_FIX}`;
    case 'invalid_union':
    case 'invalid_value':
      return wordChoice(issue.path, raw, schema);
    default:
      return ` is not valid: ${issue.message}`;
  }
}

function wordFault(
  path: Path,
  message: string,
  params: FaultParams | undefined,
  raw: RawSettings,
  schema: Schema,
): string {
  if (params?.fault === 'missing') return ` is missing: ${wordSupply(path, raw, schema)}`;
  if (params?.fault !== 'bad') return ` ${message}`;
  const { origin } = locate(path, raw);
  const written = origin?.from === 'file' ? origin.text : undefined;
  const subject = params.subject ?? quoteValue(written ?? getAt(raw.values, path));
  return `: ${subject} ${message}`;
}

function wordSupply(path: Path, raw: RawSettings, schema: Schema): string {
  const place = formatPath(path);
  const byEnv = listSettings(schema).find((setting) => {
    const target = setting.env === undefined ? undefined : environmentPath(setting, raw.values);
    return target !== undefined && formatPath(target) === place;
  });
  return byEnv?.env === undefined ? 'add it to the file' : `set ${byEnv.env} in the environment, or add it to the file`;
}

function wordShape(expected: string, value: unknown): string {
  // The value itself stays out: it may be a secret that was written one line too high.
  const found =
    typeof value === 'string' ? 'text' : typeof value === 'object' ? quoteValue(value) : `a ${typeof value}`;
  return expected === 'array'
    ? ` must be a list, not ${found}: write one entry per line, after "- "`
    : ` must be a block of settings, not ${found}: indent its settings below it`;
}

function wordChoice(path: Path, raw: RawSettings, schema: Schema): string {
  const value = getAt(raw.values, path);
  if (path.at(-1) !== 'type') return wordShape('object', value);
  const accepts = listSettings(schema)
    .find(({ path: at }) => at.join('.') === 'agents.*.type')
    ?.accepts.replaceAll('`', '');
  return `: ${quoteValue(value)} is not an agent type: use one of ${accepts}`;
}

function wordUnknownKey(path: Path, key: string, raw: RawSettings, schema: Schema): string {
  const known = [...knownKeys(path, raw.values, schema), ...(path.length === 0 ? [WEBHOOK_ADAPTER] : [])];
  const near = nearestName(key, known);
  if (near !== undefined) return ` is not a setting: did you mean ${near}?`;
  const [elsewhere] = listSettings(schema).filter((it) => it.path.at(-1) === key && !it.path.includes('*'));
  if (elsewhere !== undefined) return ` is not a setting here: did you mean ${elsewhere.path.join('.')}?`;
  if (/^temporal/i.test(key)) return ' is not a setting: configure the Temporal connection with TEMPORAL_* variables';
  return ` is not a setting here: remove it, or use one of ${known.join(', ')}`;
}

/** Where a value, or the nearest block around it, came from, and its path as written there. */
function locate(path: Path, raw: RawSettings): { origin: Origin | undefined; shown: string } {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = raw.origins.get(formatPath(path.slice(0, length)));
    if (origin === undefined) continue;
    const rest = formatPath(path.slice(length));
    const shown = origin.from === 'file' && origin.path !== undefined ? `${origin.path}${rest}` : formatPath(path);
    return { origin, shown };
  }
  return { origin: undefined, shown: formatPath(path) };
}

/**
 * The names of the settings that a block may hold.
 *
 * @param values what was given, for the `type` of an agent
 */
function knownKeys(path: Path, values: unknown, root: Schema): readonly string[] {
  let schema: Schema | undefined = root;
  for (const [index, part] of path.entries()) {
    schema = schema && stepInto(schema, part, getAt(values, path.slice(0, index + 1)));
  }
  const none: readonly string[] = [];
  if (schema === undefined) return none;
  return visitSchema(schema, { ...always(none), block: (fields) => fields.map(([name]) => name) });
}

function stepInto(schema: Schema, part: PropertyKey, value: unknown): Schema | undefined {
  const below = visitSchema<Schema | undefined>(schema, {
    ...always(undefined),
    block: (fields) => fields.find(([name]) => name === part)?.[1],
    list: (item) => item,
    map: (entry) => entry,
  });
  return (
    below &&
    visitSchema<Schema | undefined>(below, { ...always(below), choice: (options) => chosenOption(options, value) })
  );
}

function always<R>(result: R): SchemaVisitor<R> {
  const give = (): R => result;
  return { setting: give, block: give, list: give, map: give, choice: give };
}
