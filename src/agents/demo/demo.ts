import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentAnswer } from '../../contract/run.ts';
import { toLine } from '../../values/plain-text.ts';
import { type Agent, type AgentContext, AgentError } from '../agent.ts';
import { DEMO_HELP, type DemoDirective, readDemoDirectives } from './demo-directives.ts';

const STEP_MS = 400;
const NO_MODEL = { inputTokens: 0, outputTokens: 0, iterations: 0 };
const REPORT_EVERY_MS = 1000;

/**
 * The built-in demo agent: it calls no model, says so, and repeats the task, so that everything around an agent can be
 * tried without one. `demo-directives.ts` lists what a task can make it do, and so does its answer to `demo: help`.
 *
 * @param stepMs how long each of its two steps takes, in milliseconds
 */
export function createDemoAgent(stepMs = STEP_MS): Agent {
  return {
    async run(text, context) {
      context.report('reading the task');
      await pause(stepMs, context.signal);
      const directives = readDemoDirectives(text);
      for (const directive of directives) await obey(directive, context);
      context.report('writing the answer');
      await pause(stepMs, context.signal);
      return toAnswer(text, directives, context);
    },
  };
}

async function obey(directive: DemoDirective, { call, signal, report, maxAnswerBytes }: AgentContext): Promise<void> {
  switch (directive.kind) {
    case 'sleep':
      for (let slept = 0; slept < directive.ms; slept += REPORT_EVERY_MS) {
        report(`sleeping, ${slept / 1000} of ${directive.ms / 1000} s`);
        await pause(Math.min(REPORT_EVERY_MS, directive.ms - slept), signal);
      }
      return;
    case 'fail':
      if (directive.once && call > 1) return;
      throw new AgentError('AgentFailed', 'failed because the task told it to');
    case 'refuse':
      throw new AgentError('TaskRefused', 'refused the task because the task told it to');
    case 'size':
      if (directive.bytes <= maxAnswerBytes) return;
      throw new AgentError('AnswerTooLarge', `was asked for more than ${maxAnswerBytes} bytes`);
    case 'say':
    case 'tokens':
    case 'help':
    case 'unknown':
      return;
  }
}

function toAnswer(text: string, directives: readonly DemoDirective[], context: AgentContext): AgentAnswer {
  const tokens = directives.findLast((directive) => directive.kind === 'tokens');
  const usage = tokens === undefined ? NO_MODEL : { inputTokens: 0, outputTokens: tokens.count, iterations: 1 };
  const size = directives.find((directive) => directive.kind === 'size');
  if (size !== undefined) return { output: 'x'.repeat(size.bytes), usage };
  const said = directives.flatMap((directive) => (directive.kind === 'say' ? [directive.words] : []));
  if (said.length > 0) return { output: said.join('\n'), usage };
  const wantsHelp = directives.some(({ kind }) => kind === 'help' || kind === 'unknown');
  const lines = text.split('\n');
  const first = toLine(lines.find((line) => line.trim() !== '') ?? '', 90);
  const parts = [
    'This is the built-in demo agent: no model was called and nothing was done.',
    `The task begins "${first}" and has ${count(lines.length, 'line')} and ${count(text.length, 'character')}.`,
    `Session ${context.sessionKey}, call ${context.call} of this run.`,
    wantsHelp ? DEMO_HELP : 'Send the task "demo: help" to see what the demo agent can do.',
    'For a real answer, start Garudust and set GARUDUST_URL and GARUDUST_API_KEY on the worker.',
  ];
  return { output: parts.join('\n\n'), usage };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** @throws the signal's reason, and not the AbortError of the timer. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
