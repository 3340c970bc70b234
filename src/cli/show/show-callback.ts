import type { ReceivedCallback, SignatureFinding } from '../callback-receiver.ts';
import type { Colors } from '../cli-io.ts';
import { toOneLine } from './terminal-text.ts';

const TEXT_CHARACTERS = 300;

const SIGNATURE_WORDS: Readonly<Record<SignatureFinding, string>> = {
  good: 'signature valid',
  unchecked: 'signature not verified: no secret found',
  signature_missing: 'NOT SIGNED',
  signature_invalid: 'SIGNATURE INVALID',
  timestamp_out_of_window: 'TIMESTAMP OUT OF RANGE: more than 5 minutes off',
};

/** A delivery for people: what arrived and how it was answered, then the text. */
export function showCallback(callback: ReceivedCallback, colors: Colors): string {
  const { body, question, signature, attempt, answered } = callback;
  const told = body ?? question;
  const time = callback.receivedAt.slice(11, 19);
  const what = told === undefined ? 'not a callback' : `${told.run_id} ${told.status}`;
  const paint = signature === 'good' ? colors.green : signature === 'unchecked' ? colors.yellow : colors.red;
  const facts = [
    paint(SIGNATURE_WORDS[signature]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    `answered ${answered}`,
    ...(callback.path === '/' ? [] : [toOneLine(callback.path, 80)]),
  ];
  const head = `${colors.dim(time)}  ${colors.bold(toOneLine(what, 80))}  ${facts.join(', ')}`;
  const texts = [body?.text, question?.question.question, question?.question.link];
  const lines = texts.flatMap((text) => (text === undefined ? [] : [toOneLine(text, TEXT_CHARACTERS)]));
  return [head, ...lines].join('\n          ');
}

/** The same as one line of JSON. */
export function callbackToJson(callback: ReceivedCallback): string {
  const { receivedAt, path, signature, webhookId, attempt, answered, body, question } = callback;
  return JSON.stringify({
    received_at: receivedAt,
    path,
    signature,
    webhook_id: webhookId ?? null,
    attempt,
    answered,
    body: body ?? question ?? null,
  });
}
