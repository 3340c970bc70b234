import { ALGORITHMS, type ProofCheck } from './algorithms.ts';
import { readBodyField, signedLines, sortedForm } from './body-fields.ts';
import { readGivenProof } from './given-proof.ts';
import {
  isDeliveryId,
  judgeTimestamp,
  readHeader,
  readQuery,
  refuse,
  type SignatureScheme,
  type SignedRequest,
  type Verdict,
} from './scheme.ts';
import { toRecord } from '../values/is-record.ts';
import { parseTemplate, renderTemplate, signsField, type TemplatePart } from './signed-template.ts';
import { checkSigningOptions, DEFAULT_WINDOW_S, type SigningOptions } from './signing-options.ts';

/**
 * Makes a scheme of its description.
 *
 * @throws TypeError when the options don't fit together, with the fix; meant for the start, not for a request
 */
export function createSigningScheme(options: SigningOptions): SignatureScheme {
  checkSigningOptions(options);
  const algorithm = ALGORITHMS[options.algorithm ?? 'sha256'];
  const isPlain = algorithm.kind === 'plain';
  const parts = isPlain ? [] : parseTemplate(options.template ?? '{body}');
  const signsId = parts.some(({ kind }) => kind === 'id');
  checkTimestamp(parts, options);
  const open = Object.keys(options.allowedValues ?? {}).find((path) => !signsField(parts, path));
  if (open !== undefined) throw new TypeError(`allowedValues.${open} is not signed: the template must cover it.`);
  if (signsId && options.idHeader === undefined) throw new TypeError('{id} in the template needs idHeader.');
  const idHeader = options.idHeader?.toLowerCase();
  const check: ProofCheck = {
    encoding: options.encoding ?? (algorithm.kind === 'publicKey' ? 'base64' : 'hex'),
    keyEncoding: options.keyEncoding ?? 'text',
  };

  const judgeTime = (timestamp: string | undefined, now: number) =>
    judgeTimestamp(timestamp ?? '', now, options.windowSeconds ?? DEFAULT_WINDOW_S, options.timestampUnit);

  function verify(request: SignedRequest): Verdict {
    const { headers, body, secrets, now } = request;
    const given = readGivenProof(request, options);
    if (given === undefined) return refuse('signature_missing');
    const { timestamp } = given;
    if (options.timestampHeader !== undefined || options.timestampKey !== undefined) {
      const refusal = judgeTime(timestamp, now);
      if (refusal !== undefined) return refuse(refusal);
    }
    const id = signsId && idHeader !== undefined ? readHeader(headers, idHeader) : undefined;
    if (signsId && !isDeliveryId(id ?? '')) return refuse('signature_invalid');
    const content = isPlain ? body : renderTemplate(parts, toValues(request, id, timestamp));
    if (content === undefined) return refuse('signature_invalid');
    if (!secrets.some((secret) => algorithm.holds(secret, content, given.entries, check)))
      return refuse('signature_invalid');
    if (options.timestampField !== undefined) {
      const refusal = judgeTime(readBodyField(request, options.timestampField), now);
      if (refusal !== undefined) return refuse(refusal);
    }
    if (!hasAllowedValues(request, options.allowedValues ?? {})) return refuse('signature_invalid');
    return { ok: true, deliveryId: options.idField === undefined ? id : readBodyId(request, options.idField) };
  }

  return {
    unsignedIdHeaders: signsId || idHeader === undefined ? [] : [idHeader],
    needsUrl: parts.some(({ kind }) => kind === 'url'),
    ...(!isPlain && { signs: options.template ?? '{body}' }),
    ...('warning' in algorithm && { warning: algorithm.warning }),
    verify,
    findSecretFault: (secret) => findPlaceFault(secret, options) ?? algorithm.findSecretFault(secret, check),
  };
}

function checkTimestamp(parts: readonly TemplatePart[], options: SigningOptions): void {
  const signsTimestamp = parts.some(({ kind }) => kind === 'timestamp');
  const hasTimestamp = options.timestampHeader !== undefined || options.timestampKey !== undefined;
  if (options.timestampField !== undefined && !signsField(parts, options.timestampField))
    throw new TypeError('timestampField reads the signed body: the template needs {body}.');
  if (signsTimestamp !== hasTimestamp)
    throw new TypeError('A timestamp needs both {timestamp} in the template and timestampHeader or timestampKey.');
}

/** Whether fields of the body have the values that are wanted. */
export function hasAllowedValues(
  request: Pick<SignedRequest, 'headers' | 'body'>,
  allowed: NonNullable<SigningOptions['allowedValues']>,
): boolean {
  return Object.entries(allowed).every(([path, values]) => values.includes(readBodyField(request, path) ?? ''));
}

function toValues(request: SignedRequest, id: string | undefined, timestamp: string | undefined) {
  const { headers, body, method, url } = request;
  return {
    body,
    id,
    timestamp,
    method,
    url,
    path: url === undefined ? undefined : new URL(url).pathname,
    form: () => sortedForm(request),
    header: (name: string) => readHeader(headers, name),
    query: (name: string) => readQuery(url, name),
    field: (path: string) => readBodyField(request, path),
    lines: (names: string) => signedLines(request, names),
  };
}

/** What a header can't carry would verify nothing. */
function findPlaceFault(secret: string, { authorization, algorithm }: SigningOptions): string | undefined {
  if (algorithm !== 'plain') return undefined;
  if (authorization === 'bearer' && (!/^[\x21-\x7e]+$/.test(secret) || /^wh[ps]k_/.test(secret)))
    return 'The secret must be visible ASCII characters without a space, and must not be a whpk_ or whsk_ key.';
  if (authorization === 'basic' && !/^[^:]*:./.test(secret))
    return 'The secret must be user:password, as the sender sends it.';
  return undefined;
}

/** The delivery id in a top-level field of a verified JSON body, such as `event_id`; undefined when there is no such id. */
function readBodyId({ body }: SignedRequest, field: string): string | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  const id = toRecord(content)[field];
  return typeof id === 'string' && isDeliveryId(id) ? id : undefined;
}
