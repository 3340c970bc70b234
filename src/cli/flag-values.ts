import { type Command, InvalidArgumentError } from 'commander';
import { listFlags } from '../config/list-settings.ts';
import { isRunId } from '../contract/run-id-form.ts';
import { BadValue, type Kind } from '../settings/kind.ts';
import { duration, wholeNumber } from '../settings/quantities.ts';
import { buildId, deploymentName } from '../settings/texts.ts';

/** Reads `20s`, `5m` and so on as milliseconds. */
export const parseDuration = parserOf(duration({ min: '0s', max: '30d' }));

const parsePast = parserOf(duration({ min: '0s', max: '3650d' }));

/** Reads how long Temporal keeps ended runs, as milliseconds. */
export const parseRetention = parserOf(duration({ min: '1d', max: '3650d' }));

/** Reads the build of a worker. */
export const parseBuildId = parserOf(buildId);

/** Reads the name of a worker deployment. */
export const parseDeployment = parserOf(deploymentName);

/** Reads a share of new runs. */
export const parsePercent = parserOf(wholeNumber({ min: 1, max: 99, noun: 'share in percent' }));

/** Reads a TCP port; 0 picks a free one. */
export const parsePort = parserOf(wholeNumber({ min: 0, max: 65_535, noun: 'port' }));

/** Reads how many runs a list may have. */
export const parseListLimit = parserOf(wholeNumber({ min: 1, max: 1000 }));

/** Reads a number of things. */
export const parseCount = parserOf(wholeNumber({ min: 0, max: 1_000_000 }));

/** Reads the status of a final HTTP answer. */
export const parseHttpStatus = parserOf(wholeNumber({ min: 200, max: 599, noun: 'HTTP status' }));

/** Reads whole seconds since the epoch. */
export const parseTimestamp = parserOf(wholeNumber({ min: 0, max: 99_999_999_999, noun: 'timestamp in seconds' }));

/** Reads a run id. */
export function parseRunId(text: string): string {
  if (isRunId(text)) return text;
  throw new InvalidArgumentError(
    'Not a run id: expected run- and 26 characters of a to z and 2 to 7, or run-, the name of a schedule and a time.',
  );
}

/** Reads a time as `2h` ago or in ISO 8601, as milliseconds since the epoch. */
export function parseSince(text: string): number {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const time = Date.parse(text);
    if (!Number.isNaN(time)) return time;
    throw new InvalidArgumentError('Not a time: write it like 2026-01-31T12:00:00Z.');
  }
  return Date.now() - parsePast(text);
}

/** Reads `name=value` into those that were given before. */
export function collectEntries(text: string, before: readonly string[] = []): string[] {
  if (/^[^=]+=./.test(text)) return [...before, text];
  throw new InvalidArgumentError('Not an entry: write it like environment=production.');
}

/** Reads a host, with or without a port, as URLs have it. */
export function parseHost(text: string): string {
  const url = URL.canParse(`http://${text}`) ? new URL(`http://${text}`) : undefined;
  const isHost =
    url !== undefined && url.pathname === '/' && url.search === '' && url.hash === '' && !/[/@?#]/.test(text);
  if (isHost) return url.host;
  throw new InvalidArgumentError('Not a host: write it like ci.example.com, without scheme or path.');
}

function parserOf<T>(kind: Kind<T>): (text: string) => T {
  return (text) => {
    try {
      return kind.read(text);
    } catch (error) {
      if (error instanceof BadValue) throw new InvalidArgumentError(`It ${error.message}.`);
      throw error;
    }
  };
}

/**
 * Adds the flags of settings to a command. None has a default, which would override environment and file.
 *
 * @param without flags of settings that mean nothing to the command: it takes them, as before, and its help leaves them out
 */
export function addSettingFlags(command: Command, without: readonly string[] = []): Command {
  command.option('--config <file>', 'settings file (default: garudust-temporal.yaml, if it exists)');
  for (const { flag, help, hidden } of listFlags()) {
    const isForeign = without.some((name) => flag.startsWith(`${name} `));
    command.addOption(command.createOption(flag, help).hideHelp(hidden || isForeign));
  }
  return command;
}
