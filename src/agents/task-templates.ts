import { ProblemError } from '../protocol/problem-error.ts';
import { BadValue, type Kind } from '../settings/kind.ts';
import { secretHeaders } from '../settings/secrets.ts';
import { anyText } from '../settings/texts.ts';
import { RuleError } from '../templates/rule-error.ts';
import { compileTemplate, type Scope, type Template } from '../templates/template.ts';
import { type AgentContext, AgentError, type ConversationTurn } from './agent.ts';

/** What a template of an agent can read, under the names that an operator writes. */
export interface TaskView {
  readonly text: string;
  /** Begins with the client's id, and is never empty. */
  readonly session_key: string;
  readonly run_id: string;
  readonly user_id: string | undefined;
  readonly user_name: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** The last turns of the session, where the agent's settings read them. */
  readonly history: readonly ConversationTurn[];
}

export const TASK_ROOTS = [
  'text',
  'session_key',
  'run_id',
  'user_id',
  'user_name',
  'metadata',
  'history',
] as const satisfies readonly (keyof TaskView)[];

/** Most characters that a template may become. A task has at most 2 MiB. */
const MAX_RENDERED = 4 * 1024 * 1024;

/** A text in Liquid that is filled in from a task: `{{ session_key }}`. */
export const taskTemplate: Kind<string> = {
  accepts: 'template',
  read(value) {
    const text = anyText.read(value);
    compileFor(text, TASK_ROOTS);
    return text;
  },
  show: (text) => text,
};

/** Headers with such texts as values. They count as secrets. */
export const headerTemplates: Kind<Readonly<Record<string, string>>> = {
  ...secretHeaders,
  accepts: 'block: header and template',
  read(value) {
    const headers = secretHeaders.read(value);
    for (const [name, text] of Object.entries(headers)) {
      if (isTemplate(text)) continue;
      // The reason would quote the value.
      throw new BadValue(
        `has a value that is not a template: read one of ${TASK_ROOTS.join(', ')}`,
        `the header ${name}`,
      );
    }
    return headers;
  },
};

function isTemplate(text: string): boolean {
  try {
    compileFor(text, TASK_ROOTS);
    return true;
  } catch {
    return false;
  }
}

/** @throws BadValue when it is no template, or reads anything but `roots` */
export function compileFor(text: string, roots: Scope['roots'], use?: 'url'): Template {
  try {
    return compileTemplate(text, { roots, headers: [] }, { use });
  } catch (error) {
    throw error instanceof RuleError ? new BadValue(error.message, 'the template') : error;
  }
}

export function toTaskView(text: string, context: AgentContext): TaskView {
  return {
    text,
    session_key: context.sessionKey,
    run_id: context.runId,
    user_id: context.userId,
    user_name: context.userName,
    metadata: context.metadata ?? {},
    history: context.history ?? [],
  };
}

/**
 * Fills in a template.
 *
 * @throws AgentError `TaskRefused` when it fails on this task
 */
export function renderFor(template: Template, view: object): string {
  try {
    const { text, isCut, faults } = template.render(view, { limit: MAX_RENDERED });
    if (!isCut && faults.length === 0) return text;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
  throw new AgentError('TaskRefused', 'has a template in its settings that fails on this task', {
    fix: 'Correct the template in the settings of the agent, or change the task.',
  });
}

/**
 * Compiles an address, of which a task or a handle fills in parts, percent-encoded; none can change the host.
 *
 * @throws BadValue when it is no template of an address
 */
export function compileUrl(text: string, roots: Scope['roots']): (view: object) => URL {
  const template = compileFor(text, roots, 'url');
  return (view) => new URL(renderFor(template, view));
}

/** Compiles headers; each rendering has what HTTP can't carry percent-encoded, and leaves empty ones out. */
export function compileHeaders(
  headers: Readonly<Record<string, string>>,
  roots: Scope['roots'] = TASK_ROOTS,
): (view: object) => Record<string, string> {
  const compiled = Object.entries(headers).map(([name, text]) => [name, compileFor(text, roots)] as const);
  return (view) =>
    Object.fromEntries(
      compiled
        .map(([name, template]) => [name, toHeaderValue(renderFor(template, view))] as const)
        .filter(([, value]) => value !== ''),
    );
}

function toHeaderValue(text: string): string {
  return text.trim().replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}
