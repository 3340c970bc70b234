import { agent, emit, type WorkflowTask } from 'garudust-temporal/workflows';
import { z } from 'zod';

const sort = agent('sorter');
const write = agent('writer');

/** What the webhook has to send: anything else is a 422. */
export const input = z.object({ ticket: z.coerce.number().int().positive(), text: z.string().min(1) });

/** Sorts a ticket, and drafts an answer to it. What it returns is the output of the run. */
export async function triage({ ticket, text }: z.infer<typeof input>, { client }: WorkflowTask) {
  const { output: kind } = await sort(`Reply with "bug" or "question" alone:\n${text}`, { id: 'sort' });
  emit(`Ticket ${ticket} of ${client} is a ${kind}`);
  const { output: draft } = await write(`Answer this ${kind}:\n${text}`, { id: 'draft' });
  return { ticket, kind, draft };
}
