/** One line `demo: …` of a task. */
export type DemoDirective =
  | { readonly kind: 'sleep'; readonly ms: number }
  | { readonly kind: 'fail'; readonly once: boolean }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'size'; readonly bytes: number }
  | { readonly kind: 'say'; readonly words: string }
  | { readonly kind: 'tokens'; readonly count: number }
  | { readonly kind: 'help' }
  | { readonly kind: 'unknown' };

export const DEMO_HELP = [
  'The demo agent follows these lines of a task, in order:',
  '- demo: sleep 30s    works that long (ms, s or m)',
  '- demo: fail once    fails the first call, and answers the next',
  '- demo: fail         fails every call, until the calls are used up',
  '- demo: refuse       refuses the task, which is final',
  '- demo: say yes      answers with these words alone',
  '- demo: tokens 500   reports that many output tokens, as if a model had been paid for them',
  '- demo: size 3MB     answers with that many bytes (B, kB or MB)',
  '- demo: help         answers with this list',
].join('\n');

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };
const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1000, mb: 1_000_000 };
/** The largest answer that it makes up; far over what any limit lets through. */
const MAX_BYTES = 64_000_000;

/** Reads the lines of a task that begin with `demo:`, at most twenty. */
export function readDemoDirectives(text: string): DemoDirective[] {
  return text
    .split('\n')
    .map((line) => /^\s*demo:\s*(.*?)\s*$/i.exec(line)?.[1])
    .filter((words) => words !== undefined)
    .slice(0, 20)
    .map(readDirective);
}

function readDirective(text: string): DemoDirective {
  const words = /^say\s+(.+)$/i.exec(text)?.[1];
  if (words !== undefined) return { kind: 'say', words };
  const [verb, argument = ''] = text.toLowerCase().split(/\s+/);
  if (verb === 'tokens' && /^\d{1,9}$/.test(argument)) return { kind: 'tokens', count: Number(argument) };
  const amount = /^(\d{1,9}(?:\.\d{1,3})?)([a-z]+)$/.exec(argument);
  const number = Number(amount?.[1]);
  const unit = amount?.[2] ?? '';
  if (verb === 'sleep' && MS[unit] !== undefined) return { kind: 'sleep', ms: Math.round(number * MS[unit]) };
  if (verb === 'size' && BYTES[unit] !== undefined) {
    return { kind: 'size', bytes: Math.min(Math.round(number * BYTES[unit]), MAX_BYTES) };
  }
  if (verb === 'fail' && (argument === '' || argument === 'once')) return { kind: 'fail', once: argument === 'once' };
  if (verb === 'refuse' || verb === 'help') return { kind: verb };
  return { kind: 'unknown' };
}
