import { readFileSync } from 'node:fs';
import { type ErrorCode, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type Scalar } from 'yaml';
import type { ConfigProblem } from './config-error.ts';
import { type FileOrigin, formatPath, type Origin, type Path } from './raw-settings.ts';
import { fileVariable, readSecretVariable } from './secret-files.ts';
import { isRecord } from '../values/is-record.ts';

/** A settings file, parsed, with its variables replaced. */
export interface ReadFile {
  readonly values: Record<string, unknown>;
  /** Where each key is, by `formatPath`. */
  readonly origins: Map<string, Origin>;
  readonly problems: readonly ConfigProblem[];
  /** Whether the file could be parsed. */
  readonly readable: boolean;
  /** Names of the variables that it takes from the environment. */
  readonly variables: ReadonlySet<string>;
}

/** Where the variables of a file are looked up. */
interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the path in a `_FILE` variable is relative to. */
  readonly cwd: string;
}

/** What the settings file gives when there is none. */
export function noFile(): ReadFile {
  return { values: {}, origins: new Map(), problems: [], readable: true, variables: new Set() };
}

/**
 * Reads a YAML file. `${NAME}` in a value is replaced by that variable, or by the content of the file that `NAME_FILE` names; `$${`
 * stands for a literal `${`.
 *
 * The parser's own messages are not passed on: they quote the file, and with it secrets.
 *
 * @param label how messages name the file
 */
export function readFile(path: string, label: string, surroundings: Surroundings): ReadFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return unreadable(
      `${label} can't be read (${(error as { code?: string }).code ?? 'unknown error'}): correct the path or its permissions.`,
    );
  }
  const lines = new LineCounter();
  // Without the log level, yaml warns of a block as a key on the process's stderr.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return unreadable(
      ...faults.map(
        ({ code, pos }) =>
          `${label} line ${lines.linePos(pos[0]).line} is not valid YAML: ${yamlFault(code) ?? `correct it (${code})`}.`,
      ),
    );
  }
  const file: Mutable = { label, surroundings, lines, origins: new Map(), problems: [], variables: new Set() };
  if (document.contents !== null) fillIn(document.contents, [], file);
  let values: unknown;
  try {
    values = document.toJS() ?? {};
  } catch {
    return unreadable(`${label} is not valid YAML: ${YAML_FAULTS.BAD_ALIAS}.`);
  }
  if (!isRecord(values)) return unreadable(`${label} is not a block of settings: write one "name: value" per line.`);
  return { values, origins: file.origins, problems: file.problems, readable: true, variables: file.variables };
}

const YAML_FAULTS = {
  BAD_ALIAS: 'an alias (*name) has no anchor before it; put text that starts with * in quotes',
  BAD_INDENT: 'correct the indentation',
  BAD_SCALAR_START: 'put text that starts with a special character in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'put text that contains a colon in quotes, or correct the indentation',
  DUPLICATE_KEY: 'a key appears twice in one block; remove one',
  MISSING_CHAR: 'a quote, bracket or comma is missing',
  MULTILINE_IMPLICIT_KEY: 'a colon after the key is missing, or the indentation is wrong',
  MULTIPLE_DOCS: 'keep one document only (remove ---)',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
  TAG_RESOLVE_FAILED: 'put text that starts with ! in quotes',
  UNEXPECTED_TOKEN: 'a character is not allowed here; put text with special characters in quotes',
} satisfies Partial<Record<ErrorCode, string>>;

function yamlFault(code: ErrorCode): string | undefined {
  return (YAML_FAULTS as Partial<Record<ErrorCode, string>>)[code];
}

function unreadable(...lines: readonly string[]): ReadFile {
  return { ...noFile(), readable: false, problems: lines.map((line) => ({ path: '', line })) };
}

interface Mutable {
  readonly label: string;
  readonly surroundings: Surroundings;
  readonly lines: LineCounter;
  readonly origins: Map<string, Origin>;
  readonly problems: ConfigProblem[];
  readonly variables: Set<string>;
}

/** Records the line of every key and replaces variables in every value below a node. */
function fillIn(node: ParsedNode, path: Path, file: Mutable, line?: number): void {
  const at = line ?? file.lines.linePos(node.range[0]).line;
  const origin: FileOrigin = { from: 'file', file: file.label, line: at };
  if (path.length > 0) file.origins.set(formatPath(path), origin);
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      if (value !== null) fillIn(value, [...path, name], file, file.lines.linePos(key.range[0]).line);
    }
  } else if (isSeq<ParsedNode>(node)) {
    for (const [index, item] of node.items.entries()) fillIn(item, [...path, index], file);
  } else if (isScalar(node) && typeof node.value === 'string' && node.value.includes('${')) {
    file.origins.set(formatPath(path), { ...origin, text: node.value });
    putIn(node, path, at, file);
  }
}

function putIn(node: Scalar, path: Path, line: number, file: Mutable): void {
  const refuse = (problem: string): string => {
    const where = formatPath(path);
    file.problems.push({ path: where, line: `${where} (${file.label} line ${line}): ${problem}.` });
    return '';
  };
  node.value = String(node.value).replace(
    /\$(\$\{)|\$\{([^}]*)\}?/g,
    (whole, escaped: string | undefined, inner: string | undefined) => {
      if (escaped !== undefined) return escaped;
      const name = inner ?? '';
      if (!whole.endsWith('}') || !/^[A-Za-z_]\w*$/.test(name)) {
        return refuse('only ${NAME} is supported: write the name of a variable in the braces, or $${ for a literal ${');
      }
      file.variables.add(name);
      const { env, cwd } = file.surroundings;
      if (env[fileVariable(name)]) {
        const { value, problem } = readSecretVariable(env, name, cwd);
        return value ?? refuse((problem ?? '').replace(/\.$/, ''));
      }
      return env[name] ?? refuse(`the environment variable ${name} is not set: set it, or write the value in the file`);
    },
  );
}
