import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../protocol/problems.ts';
import type { Refusal } from '../../signatures/scheme.ts';
import type { VerifiedDelivery } from './verified-delivery.ts';
import type { Source } from '../../sources/source.ts';

/** A delivery of a configured source, verified as that source demands. Only `verifySourceDelivery` makes one. */
export interface SourceDelivery extends VerifiedDelivery {
  /** Where it came from, so that no other source's rules can be applied to it. */
  readonly from: Source;
  readonly headers: IncomingMessage['headersDistinct'];
}

const DETAIL = {
  signature_missing: "The delivery is not signed: configure the sender with this source's secret.",
  signature_invalid:
    'The signature does not match: check the secret in the settings of the sender, and that no proxy changes the body.',
  timestamp_out_of_window: 'The signed timestamp is too far from the current time: check the clock of the sender.',
} as const satisfies Record<Refusal, string>;

/**
 * Checks a delivery's raw bytes by its source's scheme and secrets.
 *
 * Its `deliveryId` is the one that the signature covers, if there is one.
 *
 * @param now milliseconds since the epoch
 * @throws ProblemError `signature_missing`, `signature_invalid`, `timestamp_out_of_window`
 */
export function verifySourceDelivery(
  source: Source,
  headers: IncomingMessage['headersDistinct'],
  body: Buffer,
  now: number,
): SourceDelivery {
  const { name, client, proof } = source;
  const verdict =
    proof.kind === 'unsigned'
      ? ({ ok: true, deliveryId: undefined } as const)
      : proof.scheme.verify({ headers, body, secrets: proof.secrets, now });
  if (!verdict.ok) throw new ProblemError(verdict.reason, DETAIL[verdict.reason]);
  const delivery = { client, source: name, from: source, headers, body, deliveryId: verdict.deliveryId };
  return delivery as SourceDelivery;
}
