import { agent, type AgentAnswer, emit } from 'garudust-temporal/workflows';

const write = agent('writer');
const judge = agent('judge');

export interface Budget {
  /** The score from 0 to 10 that is good enough. */
  readonly atLeast: number;
  /** No round begins once this many tokens are spent. */
  readonly tokens: number;
  readonly rounds: number;
}

/** Writes and judges until the text is good enough or the budget is spent. */
export async function untilGood(task: string, { atLeast, tokens, rounds }: Budget): Promise<string> {
  let best = { text: '', score: -1 };
  let spent = 0;
  for (let round = 1; round <= rounds && spent < tokens && best.score < atLeast; round += 1) {
    const former = best.text === '' ? '' : `\n\nImprove this text, which has ${best.score} of 10 points:\n${best.text}`;
    const draft = await write(`${task}${former}`, { id: `draft-${round}` });
    const verdict = await judge(`Reply with a score from 0 to 10 alone:\n${draft.output}`, { id: `score-${round}` });
    spent += cost(draft) + cost(verdict);
    const score = Number.parseInt(verdict.output, 10) || 0;
    if (score > best.score) best = { text: draft.output, score };
    emit(`Round ${round}: ${score} of 10 points, ${spent} of ${tokens} tokens`);
  }
  return best.text;
}

function cost({ usage }: AgentAnswer): number {
  return (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
}
