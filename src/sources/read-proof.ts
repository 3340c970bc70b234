import { toCamelCase } from '../settings/camel-case.ts';
import { createSigningScheme } from '../signatures/signing-scheme.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import { isSchemeName, SCHEMES } from '../signatures/schemes.ts';
import type { Preset } from './preset.ts';
import { RuleError, suggest } from '../templates/rule-error.ts';
import type { FindingCollector } from './source-findings.ts';
import { type SourceSettings, signing } from './source-settings.ts';
import type { Proof } from './source.ts';

/**
 * How deliveries of a source are verified; undefined if the settings have a fault.
 *
 * @param known whether it is known under which URL senders reach this server, and whether the sender tells its secret later
 */
export function readProof(
  settings: SourceSettings,
  preset: Preset,
  { hasPublicUrl, mayLearnSecret }: { readonly hasPublicUrl: boolean; readonly mayLearnSecret: boolean },
  findings: FindingCollector,
): Proof | undefined {
  const { secret: secrets = [], unsigned, scheme } = settings;
  const isSigning = hasSigning(settings);
  if (unsigned) {
    return findings.collect(['unsigned'], () => {
      const said = [secrets.length > 0 && 'secret', scheme !== undefined && 'scheme', isSigning && 'signing'];
      const other = said.find((word) => word !== false);
      if (other !== undefined) throw new RuleError(`can't be combined with ${other}: remove one of the two`);
      return { kind: 'unsigned' };
    });
  }
  const found = findings.collect([isSigning ? 'signing' : 'scheme'], () => readScheme(settings, preset));
  if (found === undefined) return undefined;
  findings.collect([], (warn) => {
    if (found.warning !== undefined) warn(found.warning);
    if (found.needsUrl === true && !hasPublicUrl) throw new RuleError('is signed over its URL: set public_url');
  });
  return findings.collect(['secret'], (warn) => {
    if (secrets.length === 0 && mayLearnSecret)
      warn('is not set yet: create the webhook at the sender, then set the secret that the log shows');
    else if (secrets.length === 0) throw new RuleError('is missing: set the secret that the sender signs with');
    const fault = secrets.map((secret) => found.findSecretFault(secret)).find((text) => text !== undefined);
    if (fault !== undefined) throw new RuleError(`is not valid: ${fault.replace(/^The/, 'the').replace(/\.$/, '')}`);
    return { kind: 'signed', scheme: found, secrets };
  });
}

function hasSigning(settings: SourceSettings): boolean {
  return Object.values(settings.signing).some((value) => value !== undefined);
}

function readScheme(settings: SourceSettings, preset: Preset): SignatureScheme {
  const { scheme } = settings;
  const isSigning = hasSigning(settings);
  if (scheme !== undefined && isSigning) throw new RuleError("can't be combined with scheme: remove one of the two");
  if (isSigning) return makeScheme(settings.signing);
  if (scheme !== undefined) {
    if (isSchemeName(scheme)) return SCHEMES[scheme];
    throw new RuleError(`is "${scheme}", which is not a scheme: ${suggest(scheme, Object.keys(SCHEMES))}`);
  }
  if (preset.scheme !== undefined) return preset.scheme;
  throw new RuleError('is missing: set scheme or signing, or unsigned: true to accept deliveries from anyone');
}

function makeScheme(given: SourceSettings['signing']): SignatureScheme {
  try {
    return createSigningScheme(toCamelCase(signing, given));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The message has the options by their names in the code.
    const message = error.message.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    throw new RuleError(`is not valid: ${message.replace(/\.$/, '')}`);
  }
}
