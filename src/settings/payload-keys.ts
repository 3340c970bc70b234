import { createSecretKey, type KeyObject } from 'node:crypto';
import { BadValue, BadValues, type Kind, readEach, splitAtCommas } from './kind.ts';
import { NAME_PATTERN } from './texts.ts';

/** A key that encrypts payloads, and the id that each payload names it by. */
export interface PayloadKey {
  readonly id: string;
  /** 32 bytes. A log line shows none of them. */
  readonly key: KeyObject;
}

/** Shell that prints a new payload key with its id. */
export const GENERATE_PAYLOAD_KEY = 'echo k1:$(openssl rand -base64 32)';

const KEY_BYTES = 32;

/** One or several payload keys, `<id>:<32 bytes in base64>` each. A text is split at its commas. */
export const payloadKeys: Kind<readonly PayloadKey[]> = {
  accepts: 'payload key `id:base64`, or list of them',
  read(value) {
    const given = typeof value === 'string' ? splitAtCommas(value) : value;
    const entries: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (entries.length === 0) throw new BadValue('is empty: add a key, or remove the setting');
    const place = (_: unknown, index: number): string => (entries.length === 1 ? 'the value' : `entry ${index + 1}`);
    const keys = readEach(entries, readKey, place);
    const twice = keys.findIndex(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
    if (twice !== -1) {
      throw new BadValues([new BadValue('has the id of an earlier key: give each key its own', place(null, twice))]);
    }
    return keys;
  },
  // Ids stand in every payload, so they are no secret.
  show: (keys) => keys.map(({ id }) => id),
};

function readKey(value: unknown): PayloadKey {
  const [, id = '', encoded = ''] = (typeof value === 'string' && /^([^:]*):(.*)$/s.exec(value)) || [];
  // Not the value: what stands before the colon may be the key.
  if (!NAME_PATTERN.test(id)) {
    throw new BadValue(
      `is not a payload key: write an id of letters and digits, a colon and the key, as "${GENERATE_PAYLOAD_KEY}" prints it`,
    );
  }
  const bytes = Buffer.from(encoded, 'base64');
  const isBase64 = bytes.toString('base64').replaceAll('=', '') === encoded.replaceAll('=', '');
  if (!isBase64 || bytes.length !== KEY_BYTES) {
    throw new BadValue(
      `has no ${KEY_BYTES} bytes in base64 behind its id: generate a key with "${GENERATE_PAYLOAD_KEY}"`,
    );
  }
  return { id, key: createSecretKey(bytes) };
}
