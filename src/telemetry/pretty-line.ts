import { toRecord } from '../values/is-record.ts';

const LEVEL_COLOR: Readonly<Record<string, string>> = { warn: '33', error: '31', fatal: '31', debug: '2', trace: '2' };

/**
 * Formats a line of JSON for people: time of day, level, message, then the fields as `key=value`. The calls of an unexpected
 * error follow below.
 *
 * @param json a line from our logger
 * @param color whether the level is coloured
 */
export function prettyLine(json: string, color: boolean): string {
  const { level, time, msg, name: _, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const word = typeof level === 'string' ? level : '';
  const label = word.toUpperCase().padEnd(5);
  const code = LEVEL_COLOR[word];
  const shown = color && code !== undefined ? `\u001b[${code}m${label}\u001b[0m` : label;
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${showValue(value)}`);
  const calls = word === 'error' ? callsOf(fields['err']).map((call) => `\n               ${call}`) : [];
  return `${[clock(time), shown, showText(msg), ...pairs].join('  ')}${calls.join('')}\n`;
}

function clock(time: unknown): string {
  const date = new Date(typeof time === 'string' ? time : Number.NaN);
  if (Number.isNaN(date.getTime())) return '--:--:--.---';
  const two = (part: number): string => String(part).padStart(2, '0');
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}

function showValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@%+-]+$/.test(value) ? value : escapeControls(JSON.stringify(value));
  if (isDescribedError(value)) return showValue(`${value.type}: ${value.message}`);
  return escapeControls(JSON.stringify(value));
}

function showText(value: unknown): string {
  return typeof value === 'string' ? escapeControls(value) : '';
}

/** A caller's text must not start a new line or move the cursor. */
function escapeControls(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must go
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function isDescribedError(value: unknown): value is { type: string; message: string } {
  const { type, message } = toRecord(value);
  return typeof type === 'string' && typeof message === 'string';
}

function callsOf(error: unknown): string[] {
  const stack = (error as { stack?: unknown } | undefined)?.stack;
  return Array.isArray(stack) ? stack.filter((call) => typeof call === 'string').map(escapeControls) : [];
}
