import { AGENT_SESSION } from '../contract/session.ts';
import { REDELIVERY_WORKFLOW, WORKFLOW } from '../contract/names.ts';
import { isRecord } from '../values/is-record.ts';
import { BadValue, type Kind, readEach } from './kind.ts';
import { matching, NAME_FIX, NAME_PATTERN } from './texts.ts';

/** Names of workflows that the product itself has, and of the other exports of its bundle. */
const TAKEN: readonly string[] = [
  ...Object.values(WORKFLOW),
  ...[REDELIVERY_WORKFLOW, AGENT_SESSION, 'default', 'ownWorkflows', 'garudustTemporalWorkflows'],
];

/** Where a bundle is written and read. */
export const workflowBundle = matching({
  noun: 'path of a JavaScript file',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]+\.c?js$/,
  fix: 'write it as ./build/workflow-bundle.js',
});

/** Modules of a team's workflows, by name. */
export const ownWorkflows: Kind<Readonly<Record<string, string>>> = {
  accepts: 'block: name and path',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block: write one "name: ./path/to/module.ts" per line');
    const read = readEach(
      Object.entries(value),
      ([name, path]) => [readName(name), readPath(path)] as const,
      ([name]) => `the workflow ${name.slice(0, 64)}`,
    );
    return Object.fromEntries(read);
  },
  show: (value) => value,
};

function readName(name: string): string {
  if (TAKEN.includes(name)) throw new BadValue('has the name of a workflow of this product: choose another name');
  if (NAME_PATTERN.test(name)) return name;
  throw new BadValue(`has a name that is not valid: ${NAME_FIX}`);
}

function readPath(path: unknown): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (typeof path === 'string' && /^[^\u0000-\u001f]+\.[jt]s$/.test(path)) return path;
  throw new BadValue('is not the path of a module: write it as ./flows/triage.ts or ./flows/triage.js');
}
