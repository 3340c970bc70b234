import { callerKey } from '../protocol/task-request.ts';
import { KEY_RULES } from '../values/key-rules.ts';
import { BadValue, type Kind } from './kind.ts';

/** `true` or `false`, as such or as text. */
export const yesOrNo: Kind<boolean> = {
  accepts: '`true` or `false`',
  read(value) {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw new BadValue('is not a boolean: write true or false');
  },
  show: (value) => value,
};

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  const listed = words.join(', ');
  return {
    accepts: words.map((word) => `\`${word}\``).join(', '),
    read(value) {
      const found = words.find((word) => word === value);
      if (found === undefined) throw new BadValue(`is not supported: use one of ${listed}`);
      return found;
    },
    show: (value) => value,
  };
}

/** A text of any form, with lines of its own. */
export const anyText: Kind<string> = {
  accepts: 'text',
  read(value) {
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw new BadValue('is not text: put it in quotes, or write it indented after "|"');
  },
  show: (value) => value,
};

interface Pattern {
  readonly noun: string;
  readonly pattern: RegExp;
  /** What to write, after the colon. */
  readonly fix: string;
}

/** A text of a given form. */
export function matching({ noun, pattern, fix }: Pattern): Kind<string> {
  return {
    accepts: noun,
    read(value) {
      if (typeof value === 'string' && pattern.test(value)) return value;
      throw new BadValue(`is not ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}: ${fix}`);
    },
    show: (value) => value,
  };
}

/** What clients and agents are called. No colon, which parts the client from the session key. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const NAME_FIX = 'use up to 64 letters, digits, dots, dashes or underscores';

export const name = matching({ noun: 'name', pattern: NAME_PATTERN, fix: NAME_FIX });

/** What a caller calls something of its own, as `callerKey` takes it. */
function callersKey(noun: string): Kind<string> {
  return {
    accepts: noun,
    read(value) {
      // YAML has rounded a long one already.
      if (typeof value === 'number') throw new BadValue('is a number: put it in quotes');
      if (typeof value === 'string' && !KEY_RULES.edges.pattern.test(value)) {
        throw new BadValue(`${KEY_RULES.edges.fault}: remove it`);
      }
      const read = callerKey.safeParse(value);
      if (!read.success) throw new BadValue(`is not a ${noun}: write 1 to 512 characters on one line`);
      return read.data;
    },
    show: (value) => value,
  };
}

/** Whom a task may name as its user. */
export const userId = callersKey('user id');

/** The conversation of a task. */
export const sessionKey = callersKey('session key');

export const endpointPath = matching({
  noun: 'plain path',
  pattern: /^(?:\/[\w.~-]+)+$/,
  fix: 'write it as /invoke, without a trailing slash',
});

export const taskQueue = matching({
  noun: 'task queue name',
  pattern: /^[\x21-\x7e]{1,200}$/,
  fix: 'use up to 200 characters without spaces',
});

export const buildId = matching({
  noun: 'build id',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/,
  fix: 'use up to 100 letters, digits, dots, dashes, underscores or plus signs',
});

/** Temporal parts it from the build id with a colon, and older servers with a dot. */
export const deploymentName = matching({
  noun: 'name of a deployment',
  pattern: /^[A-Za-z0-9][\w-]{0,99}$/,
  fix: 'use up to 100 letters, digits, dashes or underscores',
});

export const moduleName = matching({
  noun: 'module',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]+$/,
  fix: 'write a path that begins with ./ or /, or the name of a package',
});

export const folder = matching({
  noun: 'folder',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]+$/,
  fix: 'write an absolute path, or one relative to the working directory',
});

export const file = matching({
  noun: 'file',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f]+$/,
  fix: 'write an absolute path, or one relative to the working directory',
});

/** A folder, or `none` where the default is to be switched off; read as false then. */
export const folderOrNone: Kind<string | false> = {
  accepts: `${folder.accepts} or \`none\``,
  read: (value) => value !== 'none' && folder.read(value),
  show: (value) => value || 'none',
};
