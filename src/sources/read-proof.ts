import { toCamelCase } from '../settings/camel-case.ts';
import { createGenericHmac } from '../signatures/generic-hmac.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import { isSchemeName, SCHEMES } from '../signatures/schemes.ts';
import type { Preset } from './preset.ts';
import { RuleError, suggest } from '../templates/rule-error.ts';
import type { FindingCollector } from './source-findings.ts';
import { hmac, type SourceSettings } from './source-settings.ts';
import type { Proof } from './source.ts';

/** How deliveries of a source are verified; undefined if the settings have a fault. */
export function readProof(settings: SourceSettings, preset: Preset, findings: FindingCollector): Proof | undefined {
  const { secret: secrets = [], unsigned, scheme } = settings;
  const isHmac = hasHmac(settings);
  if (unsigned) {
    return findings.collect(['unsigned'], () => {
      const said = [secrets.length > 0 && 'secret', scheme !== undefined && 'scheme', isHmac && 'hmac'];
      const other = said.find((word) => word !== false);
      if (other !== undefined) throw new RuleError(`can't be combined with ${other}: remove one of the two`);
      return { kind: 'unsigned' };
    });
  }
  const found = findings.collect([isHmac ? 'hmac' : 'scheme'], () => readScheme(settings, preset));
  if (found === undefined) return undefined;
  return findings.collect(['secret'], () => {
    if (secrets.length === 0) throw new RuleError('is missing: set the secret that the sender signs with');
    const fault = secrets.map((secret) => found.findSecretFault(secret)).find((text) => text !== undefined);
    if (fault !== undefined) throw new RuleError(`is not valid: ${fault.replace(/^The/, 'the').replace(/\.$/, '')}`);
    return { kind: 'signed', scheme: found, secrets };
  });
}

function hasHmac(settings: SourceSettings): boolean {
  return Object.values(settings.hmac).some((value) => value !== undefined);
}

function readScheme(settings: SourceSettings, preset: Preset): SignatureScheme {
  const { scheme } = settings;
  const isHmac = hasHmac(settings);
  if (scheme !== undefined && isHmac) throw new RuleError("can't be combined with scheme: remove one of the two");
  if (isHmac) return makeHmac(settings.hmac);
  if (scheme !== undefined) {
    if (isSchemeName(scheme)) return SCHEMES[scheme];
    throw new RuleError(`is "${scheme}", which is not a scheme: ${suggest(scheme, Object.keys(SCHEMES))}`);
  }
  if (preset.scheme !== undefined) return preset.scheme;
  throw new RuleError('is missing: set scheme or hmac, or unsigned: true to accept deliveries from anyone');
}

function makeHmac(given: SourceSettings['hmac']): SignatureScheme {
  try {
    return createGenericHmac({ ...toCamelCase(hmac, given), header: given.header ?? '' });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The message has the options by their names in the code.
    const message = error.message.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    throw new RuleError(`is not valid: ${message.replace(/\.$/, '')}`);
  }
}
