import type { EventView } from './event-view.ts';
import { toRecord } from '../values/is-record.ts';

/**
 * The body of the answer to a slash command or an interaction. Slack shows any status but 200 as an error, and the body
 * of the answer to a command as a message.
 */
export function acknowledgeSlack({ event }: EventView, runId: string): object | undefined {
  const { command, type, token } = toRecord(event);
  if (typeof command === 'string') return { response_type: 'ephemeral', text: `Accepted as ${runId}.` };
  // An interaction; events have the type event_callback.
  return typeof type === 'string' && type !== 'event_callback' && typeof token === 'string' ? {} : undefined;
}
