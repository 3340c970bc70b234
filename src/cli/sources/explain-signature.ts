import type { SignedRequest } from '../../signatures/scheme.ts';
import type { Source } from '../../sources/source.ts';

/** What `loadConfig` is given in place of a variable that is not set. */
export const STAND_IN = 'stand-in-for-';

type Delivery = Pick<SignedRequest, 'headers' | 'url'> & { readonly body: Buffer };

/**
 * Judges the signature of a delivery by its own headers, as of when it was signed.
 *
 * @param others names and secrets of the other sources
 * @returns a sentence; undefined when the delivery has no proof
 */
export function explainSignature(
  { proof }: Source,
  delivery: Delivery,
  others: readonly (readonly [name: string, secrets: readonly string[]])[],
): string | undefined {
  if (proof.kind !== 'signed') return undefined;
  const { scheme, secrets } = proof;
  const times = readTimes(delivery);
  const verdicts = (changes: Partial<SignedRequest>) =>
    times.map((now) => scheme.verify({ method: 'POST', ...delivery, secrets, now, ...changes }));
  const holds = (changes: Partial<SignedRequest>): boolean => verdicts(changes).some(({ ok }) => ok);
  if (verdicts({}).every((verdict) => !verdict.ok && verdict.reason === 'signature_missing')) return undefined;
  if (secrets.every((secret) => secret.startsWith(STAND_IN)))
    return 'The signature is not checked: the secret of this source is not set here.';
  if (holds({})) return 'The signature is valid.';
  const text = delivery.body.toString('utf8');
  const mistakes: [what: string, changes: Partial<SignedRequest>][] = [
    ['the file has a line break at its end that was not sent', { body: Buffer.from(text.replace(/\r?\n$/, '')) }],
    ['the line break at the end of the body is lost', { body: Buffer.from(`${text}\n`) }],
    ['the line breaks were changed', { body: Buffer.from(text.replaceAll('\r\n', '\n')) }],
    ['the JSON was written anew, so that its bytes differ from those sent', { body: reserialise(text) }],
    ['a space or a line break is part of the secret at the sender', { secrets: secrets.map((one) => `${one}\n`) }],
    [
      'the secret is base64, which must be decoded: set key_encoding: base64',
      { secrets: secrets.map(decode('base64')) },
    ],
    ['the secret is hex, which must be decoded: set key_encoding: hex', { secrets: secrets.map(decode('hex')) }],
    ...others.map(([name, theirs]): [string, Partial<SignedRequest>] => [
      `it is signed with the secret of the source ${name}`,
      { secrets: theirs },
    ]),
  ];
  const found = mistakes.find(([, changes]) => holds(changes))?.[0];
  const signed = scheme.signs === undefined ? '' : ` Signed is ${scheme.signs}.`;
  const why = found === undefined ? 'check the secret, and that the body is what was sent, byte for byte' : found;
  return `The signature does not match: ${why}.${signed} The server would answer 401.`;
}

/** Every time that a header or the body may mean: a recorded delivery is old. */
function readTimes({ headers, body }: Delivery): readonly number[] {
  const texts = [...Object.values(headers).flatMap((value) => value ?? []), body.toString('utf8', 0, 65_536)];
  const digits = texts.flatMap((text) => [...text.matchAll(/(?<!\d)(\d{10}|\d{13})(?!\d)/g)].map(([found]) => found));
  const dates = texts.flatMap((text) => [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g)]);
  const read = [
    ...digits.map((found) => Number(found) * (found.length === 10 ? 1000 : 1)),
    ...dates.map(([found]) => Date.parse(found)),
  ];
  return [Date.now(), ...read.slice(0, 32).filter(Number.isFinite)];
}

function reserialise(text: string): Buffer {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(text)));
  } catch {
    return Buffer.from(text);
  }
}

const decode =
  (encoding: 'hex' | 'base64') =>
  (secret: string): string =>
    Buffer.from(secret, encoding).toString('utf8');
