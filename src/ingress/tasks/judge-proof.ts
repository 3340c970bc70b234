import { DocumentUnavailable, type RemoteDocuments } from '../../egress/remote-documents.ts';
import { ProblemError } from '../../protocol/problem-error.ts';
import type { KeyDocument, KeyedRequest } from '../../signatures/remote-key-scheme.ts';
import { refuse, type Verdict } from '../../signatures/scheme.ts';
import type { Source } from '../../sources/source.ts';

/** What judging a proof may need from elsewhere. */
export interface ProofDeps {
  /** Where the keys come from that stand at other hosts. Default: nowhere, so that they can't be had. */
  readonly keyDocuments?: Pick<RemoteDocuments, 'read'> | undefined;
  /** Called with a wait for another host. */
  readonly whileWaiting?: <T>(wait: Promise<T>) => Promise<T>;
}

const NO_KEYS =
  'The keys that verify this sender cannot be fetched at the moment: send the delivery again after Retry-After.';

/**
 * Judges the proof of a delivery by the rules of its source.
 *
 * @throws ProblemError `sender_unreachable` while the key can't be fetched, which says nothing about the delivery
 */
export async function judgeProof(
  { name, proof }: Pick<Source, 'name' | 'proof'>,
  request: KeyedRequest,
  deps: ProofDeps,
): Promise<Verdict> {
  if (proof.kind === 'unsigned') return { ok: true, deliveryId: undefined };
  if (proof.kind === 'signed') return proof.scheme.verify({ ...request, secrets: proof.secrets });
  const place = proof.scheme.findKey(request);
  if (!place.ok) return place;
  const document = await readDocument(() => deps.keyDocuments?.read(name, place), deps);
  return document === undefined ? refuse('signature_invalid') : proof.scheme.verify(request, document);
}

async function readDocument(
  read: () => ReturnType<RemoteDocuments['read']>,
  { keyDocuments, whileWaiting = (wait) => wait }: ProofDeps,
): Promise<KeyDocument | undefined> {
  if (keyDocuments === undefined) throw new ProblemError('sender_unreachable', NO_KEYS);
  try {
    const found = read();
    return found instanceof Promise ? await whileWaiting(found) : found;
  } catch (error) {
    if (!(error instanceof DocumentUnavailable)) throw error;
    throw new ProblemError('sender_unreachable', NO_KEYS);
  }
}
