import { CANARY, type Fault, fails } from './fault.ts';

/** The body of `run(text, context)`. */
export type ModuleFault = Fault<string>;

const THREAD_ENDS = { fix: 'Correct the module, then restart' };
const AT = { fix: 'Correct the module at this place' };

/** What the function of a module does wrong. */
export const MODULE_FAULTS: readonly ModuleFault[] = [
  {
    name: 'throws a string',
    does: `throw '${CANARY}'`,
    becomes: fails('AgentFailed', 'threw a string at an unknown place', AT),
  },
  {
    name: 'throws an error',
    does: `throw new Error('${CANARY}')`,
    becomes: fails('AgentFailed', 'threw Error at fault.mjs:2:7', AT),
  },
  {
    name: 'throws an `AgentError`',
    does: `throw Object.assign(new Error('has no key'), { name: 'AgentError', type: 'AgentKeyRefused' })`,
    becomes: fails('AgentKeyRefused', 'has no key'),
  },
  {
    name: 'throws an `AgentError` of an unknown type',
    does: `throw Object.assign(new Error('${CANARY}'), { name: 'AgentError', type: '${CANARY}' })`,
    becomes: fails('AgentFailed', 'threw an AgentError of an unknown type', THREAD_ENDS),
  },
  {
    name: 'calls itself without end',
    does: `const again = () => again() + 1; again()`,
    becomes: fails('AgentFailed', 'threw RangeError at fault.mjs:2:29', AT),
  },
  {
    name: 'returns nothing',
    does: `return undefined`,
    becomes: fails('ModelAnswerUnreadable', 'returned no output', { fix: 'Correct the agent' }),
  },
  {
    name: 'returns what JSON cannot hold',
    does: `return { output: 'x', data: () => '${CANARY}' }`,
    becomes: fails('ModelAnswerUnreadable', 'returned an answer that is not JSON'),
  },
  {
    name: 'returns 50 MB',
    does: `return { output: 'x'.repeat(50_000_000) }`,
    becomes: fails('AnswerTooLarge', 'answered with more than 1000000 bytes'),
  },
  { name: 'returns half a surrogate', does: `return { output: '\\ud83d' }`, becomes: { answers: '\ufffd' } },
  {
    name: 'reports without end',
    does: `for (;;) { context.report('${CANARY.slice(0, 2)}'); context.reportText('x'.repeat(1000)); }`,
    becomes: fails('AgentTimeout', 'did not answer in time'),
  },
  {
    name: 'loops without end',
    does: `for (;;);`,
    becomes: fails('AgentTimeout', 'did not answer in time'),
  },
  {
    name: 'never answers',
    does: `return new Promise(() => undefined)`,
    becomes: fails('AgentTimeout', 'did not answer in time'),
  },
  {
    name: 'fills its memory',
    does: `const all = []; for (;;) all.push(new Array(1000).fill(Math.random()))`,
    becomes: fails('AgentFailed', 'used up its memory (64 MiB)', { fix: 'Raise max_memory' }),
  },
  {
    name: 'calls `process.exit`',
    does: `process.exit(3)`,
    becomes: fails('AgentFailed', 'ended its thread', THREAD_ENDS),
  },
  {
    name: 'calls `process.abort`',
    does: `process.abort()`,
    becomes: fails('AgentFailed', 'threw TypeError at fault.mjs:2:9', AT),
  },
  {
    name: 'throws in a timer',
    does: `setTimeout(() => { throw new Error('${CANARY}') }); return new Promise(() => undefined)`,
    becomes: fails('AgentFailed', 'threw an error outside of any call', THREAD_ENDS),
  },
  {
    name: 'forgets a promise that is rejected',
    does: `void Promise.reject(new Error('${CANARY}')); await new Promise((resolve) => setTimeout(resolve, 50)); return { output: 'still here' }`,
    becomes: { answers: 'still here' },
  },
];
