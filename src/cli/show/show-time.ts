const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

const SHORT = { day: 'd', hour: 'h', minute: 'min', second: 's' } as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/**
 * How long something took, in its two largest units: `4.2 s`, `3 min 20 s`, `2 h 5 min`.
 *
 * @param ms milliseconds, not negative
 */
export function showDuration(ms: number): string {
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toString()} s`;
  const index = UNITS.findIndex(([, size]) => ms >= size);
  const parts = UNITS.slice(index, index + 2).map(([name, size], position) => {
    const above = position === 0 ? undefined : UNITS[index]?.[1];
    return { name, count: Math.floor((above === undefined ? ms : ms % above) / size) };
  });
  return parts
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${SHORT[name]}`)
    .join(' ');
}

/**
 * How long ago something was, in its largest unit: `45s`, `12m`, `3h`, `5d`.
 *
 * @param time ISO 8601
 * @param now milliseconds since the epoch
 */
export function showAge(time: string, now: number): string {
  const ms = Math.max(now - Date.parse(time), 0);
  const [unit, size] = UNITS.find(([, limit]) => ms >= limit) ?? UNITS[3];
  return `${Math.trunc(ms / size)}${unit[0] ?? ''}`;
}

/**
 * A time seen from now: `3 minutes ago`, `in 2 hours`.
 *
 * @param time ISO 8601
 * @param now milliseconds since the epoch
 */
export function showRelative(time: string, now: number): string {
  const ms = Date.parse(time) - now;
  const [unit, size] = UNITS.find(([, limit]) => Math.abs(ms) >= limit) ?? UNITS[3];
  const count = Math.trunc(ms / size);
  return count === 0 ? 'now' : relative.format(count, unit);
}
