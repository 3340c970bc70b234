import { createGenericHmac } from '../signatures/generic-hmac.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import { isSchemeName, SCHEMES } from '../signatures/schemes.ts';
import type { Preset } from './preset.ts';
import { RuleError } from './rule-error.ts';
import type { Collect } from './source-faults.ts';
import type { Proof, SourceOptions } from './source.ts';

/** How a source's deliveries prove where they come from; undefined where something is wrong with it. */
export function readProof(options: SourceOptions, preset: Preset, collect: Collect): Proof | undefined {
  const { secrets, unsigned = false, scheme, hmac } = options;
  if (unsigned) {
    return collect(['unsigned'], () => {
      const said = [secrets.length > 0 && 'secret', scheme !== undefined && 'scheme', hmac !== undefined && 'hmac'];
      const other = said.find((word) => word !== false);
      if (other !== undefined) throw new RuleError(`does not go with ${other}: leave one of the two out`);
      return { kind: 'unsigned' };
    });
  }
  const found = collect([hmac === undefined ? 'scheme' : 'hmac'], () => readScheme(options, preset));
  if (found === undefined) return undefined;
  return collect(['secret'], () => {
    if (secrets.length === 0) throw new RuleError('is missing: give the secret that the sender signs with');
    const fault = secrets.map((secret) => found.findSecretFault(secret)).find((text) => text !== undefined);
    if (fault !== undefined) throw new RuleError(`does not fit: ${fault.replace(/^The/, 'the').replace(/\.$/, '')}`);
    return { kind: 'signed', scheme: found, secrets };
  });
}

function readScheme({ scheme, hmac }: SourceOptions, preset: Preset): SignatureScheme {
  if (scheme !== undefined && hmac !== undefined) throw new RuleError('does not go with scheme: leave one of them out');
  if (hmac !== undefined) return makeHmac(hmac);
  if (scheme !== undefined) {
    if (isSchemeName(scheme)) return SCHEMES[scheme];
    throw new RuleError(`is "${scheme}", which is not known: write one of ${Object.keys(SCHEMES).join(', ')}`);
  }
  if (preset.scheme !== undefined) return preset.scheme;
  throw new RuleError(
    'is missing: name a scheme, describe it by hmac, or write unsigned: true to take what anybody sends',
  );
}

function makeHmac(options: NonNullable<SourceOptions['hmac']>): SignatureScheme {
  try {
    return createGenericHmac(options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RuleError(`does not fit together: ${error.message.replace(/\.$/, '')}`);
  }
}
