import type { Usage } from '../contract/run.ts';
import { AgentError } from './agent.ts';
import { compilePlace, type JsonPlace, jsonPath } from './json-path.ts';
import { tooLarge } from './too-large.ts';
import { optionalSetting } from '../settings/setting.ts';

/** The settings that say where an answer tells what the work cost. @param what has it: `the answer` */
export function usagePlaces(what: string) {
  const place = (of: string) =>
    optionalSetting(jsonPath, { defaultText: 'not read', help: `Where ${what} has ${of}.` });
  return {
    input_tokens: place('the input tokens'),
    output_tokens: place('the output tokens'),
    cost_usd: place('the cost in US dollars'),
  };
}

export interface UsagePlaces {
  readonly inputTokens?: string;
  readonly outputTokens?: string;
  readonly costUsd?: string;
}

/** Compiles the places of the usage; reading leaves out what the answer does not tell. */
export function compileUsage(places: UsagePlaces): (body: unknown) => { readonly usage?: Usage } {
  const names = ['inputTokens', 'outputTokens', 'costUsd'] as const;
  const compiled = names.flatMap((name): [keyof Usage, JsonPlace][] => {
    const path = places[name];
    return path === undefined ? [] : [[name, compilePlace(path)]];
  });
  return (body) => {
    const found = compiled.flatMap(([name, place]) => {
      const number = place.number(body);
      return number === undefined ? [] : [[name, number] as const];
    });
    return found.length === 0 ? {} : { usage: Object.fromEntries(found) };
  };
}

/** JSON may need six bytes for one of the text (`\u0001`); beside it stands whatever else the agent tells. */
const BYTES_PER_BYTE = 6;
const OTHER_FIELDS_BYTES = 1024 * 1024;
/** Enough to know a web page by its start. */
const MAX_ERROR_BYTES = 4096;

/** How much of an answer to read, by its status. */
export function readLimit(maxAnswerBytes: number): (status: number) => number {
  return (status) =>
    status >= 200 && status < 300 ? maxAnswerBytes * BYTES_PER_BYTE + OTHER_FIELDS_BYTES : MAX_ERROR_BYTES;
}

/** @throws AgentError for an answer that is empty or too large */
export function checkOutput(output: string, maxAnswerBytes: number): string {
  if (output.trim() === '') throw new AgentError('ModelAnswerUnreadable', 'gave an empty answer');
  if (Buffer.byteLength(output) > maxAnswerBytes) throw tooLarge(maxAnswerBytes);
  return output;
}
