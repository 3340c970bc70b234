import type { EventView } from './event-view.ts';
import type { Handshake } from './preset.ts';
import { toRecord } from '../values/is-record.ts';

/**
 * Answers what Slack sends besides events: `url_verification` gets its challenge back; the `ssl_check` of slash commands and
 * `app_rate_limited` are ignored.
 *
 * Source: Slack, "url_verification event", "Implementing slash commands" and "app_rate_limited event".
 */
export function answerSlackHandshake({ event }: EventView): Handshake | undefined {
  const { type, challenge, ssl_check: sslCheck } = toRecord(event);
  if (type === 'url_verification' && typeof challenge === 'string') return { kind: 'answer', body: { challenge } };
  const reason = sslCheck === '1' ? 'ssl_check' : type === 'app_rate_limited' ? type : undefined;
  return reason === undefined ? undefined : { kind: 'ignored', why: 'handshake', reason };
}

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
