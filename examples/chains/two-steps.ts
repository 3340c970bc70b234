import { agent } from 'garudust-temporal/workflows';

const write = agent('writer');

/** The second step gets the answer of the first. */
export async function twoSteps(topic: string): Promise<string> {
  const draft = await write(`Write a haiku about ${topic}.`, { id: 'draft' });
  const revision = await write(`Make it funnier:\n${draft.output}`, { id: 'revision' });
  return revision.output;
}
