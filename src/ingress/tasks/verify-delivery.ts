import type { IncomingMessage } from 'node:http';
import { type ProblemCode, ProblemError } from '../../protocol/problems.ts';
import { verifyRequest } from '../../signatures/verify-request.ts';
import type { AppDeps } from '../app-deps.ts';
import { readDeliveryId } from './delivery-id.ts';
import type { VerifiedDelivery } from './verified-delivery.ts';
import { isJson, readMediaType, unsupportedMediaType } from '../../protocol/json/media-type.ts';

const SIGNATURE_HEADERS = ['x-hub-signature-256', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

const DETAIL = {
  signature_missing:
    'Sign the raw body: X-Hub-Signature-256: sha256=<hex HMAC-SHA256>, or webhook-id, webhook-timestamp and webhook-signature.',
  signature_invalid:
    'Sign the bytes of the body exactly as they are sent, with a secret that is configured here; where both kinds of signature are sent both must hold.',
  timestamp_out_of_window:
    'webhook-timestamp must be the current time in seconds, at most 5 minutes off: check the clock.',
} as const satisfies Partial<Record<ProblemCode, string>>;

/**
 * Checks the signature of a task's raw bytes. The client whose secret holds is the one that sent it.
 *
 * The delivery id is the signed `webhook-id` where there is one, which no unsigned header can override.
 *
 * @throws ProblemError `signature_missing`, `signature_invalid`, `timestamp_out_of_window`, and then
 * `unsupported_media_type` or `invalid_idempotency_key`
 */
export function verifyDelivery(
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
  deps: Pick<AppDeps, 'clients' | 'now'>,
): VerifiedDelivery {
  const { client, webhookId } = findSigner(headers, body, deps);
  refuseOtherThanJson(headers);
  const delivery = { client, source: 'webhook', body, deliveryId: webhookId ?? readDeliveryId(headers) };
  return delivery as VerifiedDelivery;
}

interface Signer {
  readonly client: string;
  readonly webhookId: string | undefined;
}

function findSigner(
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
  deps: Pick<AppDeps, 'clients' | 'now'>,
): Signer {
  const now = (deps.now ?? Date.now)();
  const signed = toSignatureHeaders(headers);
  let refusal: keyof typeof DETAIL = 'signature_invalid';
  for (const { id, webhookSecret } of deps.clients) {
    const verdict = verifyRequest({ headers: signed, body, secrets: webhookSecret, now });
    if (verdict.ok) return { client: id, webhookId: verdict.webhookId };
    refusal = verdict.reason;
    if (refusal !== 'signature_invalid') break; // says nothing about the secret, so it is the same for every client
  }
  throw new ProblemError(refusal, DETAIL[refusal]);
}

/** A header that is there twice would be joined to one, and which of the two was checked would be anyone's guess. */
function toSignatureHeaders(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  const single: Record<string, string> = {};
  for (const name of SIGNATURE_HEADERS) {
    const values = headers[name] ?? [];
    if (values.length > 1)
      throw new ProblemError('signature_invalid', `${name} is there more than once: send it once.`);
    if (values[0] !== undefined) single[name] = values[0];
  }
  return single;
}

function refuseOtherThanJson(headers: IncomingMessage['headersDistinct']): void {
  const type = readMediaType(headers);
  if (!isJson(type)) throw unsupportedMediaType(type, 'application/json in UTF-8');
}
