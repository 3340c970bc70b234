import { BadValue, type Kind } from '../settings/kind.ts';
import { isRecord } from '../values/is-record.ts';
import { compileFor, renderFor, TASK_ROOTS } from './task-templates.ts';

/** A body as the settings have it: JSON whose texts are templates. */
export type BodyTemplate = Readonly<Record<string, unknown>>;

/** A block of which every text is a template, so that whatever a task says, the body is JSON. */
export const bodyTemplate: Kind<BodyTemplate> = {
  accepts: 'block of templates',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block: write one "name: \'{{ text }}\'" per line');
    compileNode(value, TASK_ROOTS);
    return value;
  },
  show: (body) => `set (${Object.keys(body).join(', ')})`,
};

/** Whether a template in it reads `history`, so that its agent is told the last turns of the session. */
export function readsHistory(body: BodyTemplate | undefined): boolean {
  return /\{[{%][^{}]*\bhistory\b/.test(JSON.stringify(body ?? {}));
}

/** Fills in one part of a body. Undefined: it reads only what the task does not have, and is left out. */
type Fill = (view: object) => unknown;

/**
 * Compiles a body.
 *
 * @returns renders it as JSON. Fails like `renderFor`
 * @throws BadValue when a text is no template
 */
export function compileBody(body: BodyTemplate, roots: readonly string[]): (view: object) => string {
  const fill = compileNode(body, roots);
  return (view) => JSON.stringify(fill(view));
}

function compileNode(node: unknown, roots: readonly string[]): Fill {
  if (typeof node === 'string') {
    const template = compileFor(node, roots);
    if (template.constant !== undefined) return () => template.constant;
    return (view) => renderFor(template, view) || undefined;
  }
  if (Array.isArray(node)) {
    const fills = node.map((entry: unknown) => compileNode(entry, roots));
    return (view) => fills.map((fill) => fill(view)).filter((value) => value !== undefined);
  }
  if (!isRecord(node)) return () => node;
  const fields = Object.entries(node).map(([name, field]) => [name, compileNode(field, roots)] as const);
  return (view) => Object.fromEntries(fields.map(([name, fill]) => [name, fill(view)]));
}
