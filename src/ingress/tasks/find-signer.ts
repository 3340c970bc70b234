import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { ProblemCode } from '../../protocol/problems.ts';
import { verifyRequest } from '../../signatures/verify-request.ts';
import type { IngressClient } from '../ingress-client.ts';

/** A client as far as its signatures are concerned. */
export type SigningClient = Pick<IngressClient, 'id' | 'webhookSecret' | 'require'>;

/** A signed delivery to `/webhook`. */
export interface SignedDelivery {
  readonly headers: IncomingMessage['headersDistinct'];
  readonly body: Buffer;
  /** Milliseconds since the epoch, for signed timestamps. */
  readonly now: number;
}

export interface Signer {
  readonly client: string;
  /** The signed `webhook-id`. Undefined: the signature covers no id. */
  readonly webhookId: string | undefined;
}

const SIGNATURE_HEADERS = ['x-hub-signature-256', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];

const DETAIL = {
  signature_missing:
    'Sign the raw body: X-Hub-Signature-256: sha256=<hex HMAC-SHA256>, or webhook-id, webhook-timestamp and webhook-signature.',
  signature_invalid:
    'Sign the exact bytes of the body with a secret of the client. If both kinds of signature are sent, both must be valid.',
  timestamp_out_of_window:
    'webhook-timestamp must be the current time in seconds, at most 5 minutes off: check the clock.',
} as const satisfies Partial<Record<ProblemCode, string>>;

/** Bytes that are hashed in one step: a millisecond or two. */
const STEP_BYTES = 1024 * 1024;
/** What trying a secret costs beside its body, in bytes that could be hashed in this time. */
const BYTES_PER_SECRET = 4096;

/**
 * Looks for the client with a secret that signed a delivery. Yields after each step, so that others can have their turn: who
 * signs nothing decides how many bytes are hashed, as often as there are secrets.
 *
 * @param clients in the order in which they are tried
 * @throws ProblemError `signature_missing`, `signature_invalid`, `timestamp_out_of_window`
 */
export function* findSigner(
  { headers, body, now }: SignedDelivery,
  clients: readonly SigningClient[],
): Generator<void, Signer, void> {
  const signed = toSignatureHeaders(headers);
  let refusal: keyof typeof DETAIL = 'signature_invalid';
  let left = STEP_BYTES;
  for (const { id, webhookSecret, require } of clients) {
    const cost = webhookSecret.length * (body.length + BYTES_PER_SECRET);
    if (cost > left && left < STEP_BYTES) {
      yield;
      left = STEP_BYTES;
    }
    left -= cost;
    const verdict = verifyRequest({ headers: signed, body, secrets: webhookSecret, now });
    if (verdict.ok && require === 'timestamp' && verdict.webhookId === undefined) {
      throw new ProblemError(
        'signature_invalid',
        `The client "${id}" requires a signed timestamp: sign with Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature).`,
      );
    }
    if (verdict.ok) return { client: id, webhookId: verdict.webhookId };
    refusal = verdict.reason;
    if (refusal !== 'signature_invalid') break; // does not depend on the secret, so it is the same for every client
  }
  throw new ProblemError(refusal, DETAIL[refusal]);
}

/** Stands in for a client that is not configured, so that its refusal takes as long and reads the same. */
const NOBODY: SigningClient = { id: '', webhookSecret: [randomUUID()] };

/** The order in which clients are tried: those that signed last come first, and soon they are all that is tried. */
export class ClientOrder {
  #clients: readonly SigningClient[];

  constructor(clients: readonly SigningClient[]) {
    this.#clients = clients;
  }

  /** @param hint the id of the client, if the sender names it: then only that client is tried */
  toTry(hint: string | undefined): readonly SigningClient[] {
    if (hint === undefined) return this.#clients;
    return [this.#clients.find(({ id }) => id === hint) ?? NOBODY];
  }

  /** Notes that a client has signed a delivery. */
  signed(id: string): void {
    if (this.#clients[0]?.id === id) return;
    this.#clients = this.#clients.toSorted((one, other) => Number(other.id === id) - Number(one.id === id));
  }
}

/** Repeated headers are refused: joined into one, it would be unclear which of them was checked. */
function toSignatureHeaders(headers: IncomingMessage['headersDistinct']): Record<string, string> {
  const single: Record<string, string> = {};
  for (const name of SIGNATURE_HEADERS) {
    const values = headers[name] ?? [];
    if (values.length > 1)
      throw new ProblemError('signature_invalid', `${name} was sent more than once: send it once.`);
    if (values[0] !== undefined) single[name] = values[0];
  }
  return single;
}
