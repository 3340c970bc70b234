import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger,
  pino,
  stdTimeFunctions,
} from 'pino';
import { prettyLine } from './pretty-line.ts';
import { redact, redactText } from './redact.ts';

export type { Logger } from 'pino';

/** Where lines go: any stream. */
export interface LogDestination {
  write(line: string): unknown;
  /** Whether a terminal shows colours. */
  hasColors?(): boolean;
}

export interface LoggerOptions {
  /** The least severe level that is written. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** One JSON object per line, or short lines for people. */
  readonly format: 'json' | 'pretty';
  /** The program's name, in each line of JSON. */
  readonly name?: string;
  /** Default: standard output. */
  readonly destination?: LogDestination;
}

/**
 * Makes a logger: `logger.info({ run_id }, 'run started')`. Level and time are words, `level: "info"` and ISO 8601.
 *
 * Secrets under known keys, in bearer form or in URLs are redacted, and errors are reduced to `describeError`.
 */
export function createLogger({ level, format, name, destination }: LoggerOptions): Logger {
  const logger = pino(
    {
      level,
      base: name === undefined ? null : { name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      // `redact` has already described errors, wherever they are.
      serializers: { err: (error: unknown) => error },
      hooks: { streamWrite: redactText },
    },
    toStream(format, destination),
  );
  redactBindings(logger);
  return logger;
}

/** pino formats only the bindings of its root. Children inherit this method at any depth. */
function redactBindings(logger: Logger): void {
  const prototype = Object.getPrototypeOf(logger) as Logger;
  logger.child = function childWithoutSecrets<L extends string = never>(
    this: Logger,
    bindings: Bindings,
    options?: ChildLoggerOptions<L>,
  ): Logger<L> {
    return prototype.child.call<Logger, [Bindings, ChildLoggerOptions<L>?], Logger<L>>(this, redact(bindings), options);
  };
}

function toStream(format: LoggerOptions['format'], destination: LogDestination | undefined): DestinationStream {
  if (format === 'json') return destination ? { write: (line) => destination.write(line) } : pino.destination(1);
  const target: LogDestination = destination ?? process.stdout;
  const color = target.hasColors?.() ?? false;
  return { write: (line) => target.write(prettyLine(line, color)) };
}
