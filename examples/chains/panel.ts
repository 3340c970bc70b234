import { agent } from 'garudust-temporal/workflows';

const write = agent('writer');
const judge = agent('judge');

const ROLES = ['optimist', 'sceptic', 'lawyer'];

/** Three answers at once, and a judge that picks one. */
export async function panel(question: string): Promise<string> {
  const views = await Promise.all(ROLES.map((role) => write(`Answer as the ${role}: ${question}`, { id: role })));
  const numbered = views.map(({ output }, index) => `${index + 1}. ${output}`).join('\n\n');
  const verdict = await judge(`Which answer is best? Reply with its number alone.\n\n${numbered}`, { id: 'verdict' });
  const best = views[Number.parseInt(verdict.output, 10) - 1] ?? views[0];
  return best?.output ?? '';
}
