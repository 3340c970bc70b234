import { isRecord } from '../../values/is-record.ts';
import { baseUrl } from '../../settings/addresses.ts';
import { BadValue, type Kind, readEach } from '../../settings/kind.ts';
import { secretHeaders } from '../../settings/secrets.ts';
import { NAME_FIX, NAME_PATTERN } from '../../settings/texts.ts';

/** A server of the Model Context Protocol: a program that speaks over stdio, or an address of streamable HTTP. */
export type ToolServer =
  | {
      readonly command: readonly [string, ...string[]];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly url: string; readonly headers: Readonly<Record<string, string>> };

const FORM = '{command: [program, argument]} or {url: https://host/mcp}';

/** Servers by name. What is in their environment and headers counts as secret. */
export const toolServers: Kind<Readonly<Record<string, ToolServer>>> = {
  accepts: 'block: name and server',
  read(value) {
    if (!isRecord(value)) throw new BadValue('is not a block of servers: write name: {command: […]} or name: {url: …}');
    const read = readEach(
      Object.entries(value),
      ([name, server]) => [readName(name), readServer(server)] as const,
      ([name]) => `the server ${/^[\w.-]{0,60}/.exec(name)?.[0] ?? ''}`,
    );
    return Object.fromEntries(read);
  },
  show: (servers) =>
    Object.fromEntries(
      Object.entries(servers).map(([name, server]) => [
        name,
        'url' in server ? new URL(server.url).origin : server.command[0],
      ]),
    ),
};

function readName(name: string): string {
  if (NAME_PATTERN.test(name)) return name;
  throw new BadValue(`has an invalid name: ${NAME_FIX}`);
}

function readServer(value: unknown): ToolServer {
  if (!isRecord(value)) throw new BadValue(`is not a block: write ${FORM}`);
  const { command, env, url, headers, ...rest } = value;
  const [other] = Object.keys(rest);
  if (other !== undefined) throw new BadValue(`has a setting that is not known: write ${FORM}`);
  if ((command === undefined) === (url === undefined))
    throw new BadValue(`has no command or url, or both: write ${FORM}`);
  if (url !== undefined) {
    if (env !== undefined) throw new BadValue('has env beside url: remove it, or write command');
    return { url: baseUrl.read(url), headers: headers === undefined ? {} : secretHeaders.read(headers) };
  }
  if (headers !== undefined) throw new BadValue('has headers beside command: remove them, or write url');
  return { command: readCommand(command), env: readEnv(env ?? {}) };
}

function readCommand(value: unknown): readonly [string, ...string[]] {
  const [program, ...args] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof program === 'string' && program !== '' && args.every((arg) => typeof arg === 'string')) {
    return [program, ...args];
  }
  throw new BadValue('has a command that is not a list of texts: write [program, argument]');
}

function readEnv(value: unknown): Readonly<Record<string, string>> {
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Readonly<Record<string, string>>;
  }
  throw new BadValue('has an env that is not a block of texts: write {NAME: value}');
}
