import { ProblemError, type ProblemField } from '../protocol/problem-error.ts';
import { parseTaskRequest, type TaskRequest } from '../protocol/task-request.ts';
import type { EventView } from './event-view.ts';
import type { Source } from './source.ts';
import type { Template } from '../templates/template.ts';

/** The task that an event asks for. */
export interface MappedTask {
  readonly request: TaskRequest;
  readonly metadata: Readonly<Record<string, string>>;
  /** The workflow that the source names; undefined: an agent. */
  readonly workflow: string | undefined;
  /** The agent that the template names; undefined: the client's default agent. */
  readonly agent: string | undefined;
}

/**
 * Most UTF-16 units of each. A text of control characters grows sixfold as JSON and has to stay below Temporal's limit of
 * 2 MiB.
 */
const MAX_TEXT = 262_144;
const MAX_KEY = 512;
const MAX_URL = 8192;
const MAX_METADATA = 512;

/**
 * Makes a task from an event by the source's templates.
 *
 * A text that finds nothing in the event is refused: the task would be about nothing. Any other field is left out if a part
 * of it is missing: half a session key would be another conversation's.
 *
 * @throws ProblemError `invalid_event` naming each template that fails
 */
export function mapEvent({ map, agent, workflow }: Source, view: EventView): MappedTask {
  const problems: ProblemField[] = [];
  const key = (name: string, template: Template | undefined): [string, string][] => {
    const text = readKey(template, view, { limit: MAX_KEY, name: `map.${name}`, problems });
    return text === undefined ? [] : [[name, text]];
  };
  const url = readKey(map.callbackUrl, view, { limit: MAX_URL, name: 'map.callback_url', problems });
  const body = {
    text: readText(map.text, view, problems),
    ...(url !== undefined && { callback_url: url }),
    ...Object.fromEntries([
      ...key('session_key', map.sessionKey),
      ...key('user_id', map.userId),
      ...key('user_name', map.userName),
    ]),
  };
  const agentName = readKey(agent, view, { limit: MAX_KEY, name: 'agent', problems });
  const parsed = parseTaskRequest(body);
  const known = new Set(problems.map(({ field }) => field));
  const more = parsed.ok ? [] : parsed.errors.map(({ field, message }) => ({ field: `map.${field}`, message }));
  problems.push(...more.filter(({ field }) => !known.has(field)));
  if (!parsed.ok || problems.length > 0) throw refuse(problems);
  const input = map.input.length === 0 ? {} : { input: readTexts(map.input, view, MAX_TEXT) };
  return {
    request: { ...parsed.task, ...input },
    metadata: readTexts(map.metadata, view, MAX_METADATA),
    agent: agentName,
    workflow,
  };
}

function readText(template: Template, view: EventView, problems: ProblemField[]): string {
  const { text, isFound, missing } = template.render(view, { limit: MAX_TEXT });
  if (template.constant === undefined && !isFound) {
    const unfound = missing.length > 0 ? missing : template.fields;
    const message = `finds nothing in the event: ${unfound.slice(0, 5).join(', ')}`;
    problems.push({ field: 'map.text', message });
  }
  return text;
}

interface KeyRules {
  readonly limit: number;
  readonly name: string;
  readonly problems: ProblemField[];
}

function readKey(template: Template | undefined, view: EventView, rules: KeyRules): string | undefined {
  if (template === undefined) return undefined;
  const { limit, name, problems } = rules;
  const { text, missing, isCut, faults } = template.render(view, { limit });
  const [fault] = faults;
  if (fault !== undefined) problems.push({ field: name, message: `is refused: ${fault}` });
  if (missing.length > 0 || fault !== undefined) return undefined;
  if (isCut) problems.push({ field: name, message: `is longer than ${limit} characters: use a shorter field` });
  // Line breaks of the template itself: in a value of the event they are a fault, except in user_name, which names nothing.
  // oxlint-disable-next-line no-control-regex -- control characters are what must go
  const line = text.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line === '' ? undefined : line;
}

function readTexts(
  entries: readonly (readonly [string, Template])[],
  view: EventView,
  limit: number,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.flatMap(([name, template]): [string, string][] => {
      const { text, isFound } = template.render(view, { limit });
      return text === '' || (template.constant === undefined && !isFound) ? [] : [[name, text]];
    }),
  );
}

function refuse(problems: readonly ProblemField[]): ProblemError {
  const [{ field, message } = { field: 'map', message: 'gives no task' }] = problems;
  return new ProblemError('invalid_event', `${field} ${message}.`, problems);
}
