import { isRecord } from '../values/is-record.ts';
import { BadValue, type Kind, listOf, readEach } from './kind.ts';
import { matching } from './texts.ts';

export const programName = matching({
  noun: 'program',
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  pattern: /^[^\u0000-\u001f-][^\u0000-\u001f]*$/,
  fix: 'write its name, or its path',
});

const argument: Kind<string> = {
  accepts: 'text',
  read(value) {
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string') throw new BadValue('is not text: put it in quotes');
    if (value.includes('\u0000')) throw new BadValue('contains a NUL character: remove it');
    return value;
  },
  show: (value) => value,
};

/** The arguments of a program. A text is not split: where it were to be split, only a shell would know. */
export const argumentList: Kind<readonly string[]> = {
  ...listOf(argument, 'arguments'),
  accepts: 'list of texts',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('is not a list: write each argument as an entry, [--model, small]');
    return readEach(
      value as unknown[],
      (entry) => argument.read(entry),
      (_, index) => `entry ${index + 1}`,
    );
  },
};

const VARIABLE = /^[A-Za-z_]\w*$/;
const VARIABLE_FIX = 'use letters, digits and underscores';

/** Names of environment variables. */
export const variableNames = listOf(
  matching({ noun: 'name of a variable', pattern: VARIABLE, fix: VARIABLE_FIX }),
  'names of variables',
);

/** Environment variables with their values, which count as secrets. */
export const variables: Kind<Readonly<Record<string, string>>> = {
  accepts: 'block of variables',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block of variables: write {NAME: value}');
    const read = readEach(
      Object.entries(value),
      ([name, text]) => {
        if (!VARIABLE.test(name)) throw new BadValue(`has an invalid name: ${VARIABLE_FIX}`);
        return [name, argument.read(text)] as const;
      },
      ([name]) => `the variable ${/^\w{0,60}/.exec(name)?.[0] ?? ''}`,
    );
    return Object.fromEntries(read);
  },
  show: (values) =>
    Object.fromEntries(Object.entries(values).map(([name, { length }]) => [name, `set (${length} characters)`])),
};
