import type { AgentType } from './agent-type.ts';

/** The block of a settings file that gives an agent of this type, ready to paste. */
export function exampleOf(typeName: string, { example = [] }: Pick<AgentType, 'example'>, agent = typeName): string {
  return ['agents:', `  ${agent}:`, ...[`type: ${typeName}`, ...example].map((line) => `    ${line}`)].join('\n');
}
