/** What activities write to; a pino logger fits. */
export interface ActivityLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
