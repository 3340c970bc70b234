export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?(?:[\d.]+(?:e[+-]?\d+)?|Inf)|\+Inf|NaN)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/g;

/**
 * Reads Prometheus' text format 0.0.4.
 *
 * @throws TypeError at the first line that is none of it
 */
export function parsePrometheusText(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new TypeError('The last line does not end.');
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^# (?:HELP|TYPE) [a-zA-Z_:][\w:]* ./.test(line))
    .map((line) => {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (name === undefined || labels.replace(LABEL, '') !== '') throw new TypeError(`Not a sample: ${line}`);
      const pairs = [...labels.matchAll(LABEL)].map(([, key = '', content = '']) => [key, content] as const);
      return { name, labels: Object.fromEntries(pairs), value: Number(value?.replace('Inf', 'Infinity')) };
    });
}
