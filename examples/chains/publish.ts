import { agent, approval } from 'garudust-temporal/workflows';

const write = agent('writer');

/** Writes a text, and asks a person before it counts. Who refuses it with a comment gets another draft. */
export async function publish(topic: string): Promise<string> {
  let task = `Announce ${topic} in three lines.`;
  for (let round = 1; round <= 3; round += 1) {
    const draft = await write(task, { id: `draft-${round}` });
    const { ok, by, comment } = await approval('publish', { show: draft.output, timeout: '3d' });
    if (ok) return `${draft.output}\n\nApproved by ${by}.`;
    if (comment === undefined) break;
    task = `Rewrite this, for ${by} wrote "${comment}":\n${draft.output}`;
  }
  return 'Not published.';
}
