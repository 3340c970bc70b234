import { toCamelCase } from '../settings/camel-case.ts';
import { createCertificateScheme } from '../signatures/certificate-scheme.ts';
import { createOidcScheme } from '../signatures/oidc-scheme.ts';
import type { RemoteKeyScheme } from '../signatures/remote-key-scheme.ts';
import { createSigningScheme } from '../signatures/signing-scheme.ts';
import type { SignatureScheme } from '../signatures/scheme.ts';
import { isSchemeName, SCHEMES } from '../signatures/schemes.ts';
import type { Preset } from './preset.ts';
import { RuleError, suggest } from '../templates/rule-error.ts';
import { oidc, signing } from './signing-settings.ts';
import type { FindingCollector } from './source-findings.ts';
import type { SourceSettings } from './source-settings.ts';
import type { Proof } from './source.ts';

/** What a source needs beside its own settings. */
interface Known {
  /** Whether it is known under which URL senders reach this server. */
  readonly hasPublicUrl: boolean;
  /** Whether the sender tells its secret later. */
  readonly mayLearnSecret: boolean;
}

/** How deliveries of a source are verified; undefined if the settings have a fault. */
export function readProof(
  settings: SourceSettings,
  preset: Preset,
  known: Known,
  findings: FindingCollector,
): Proof | undefined {
  const said = ways(settings);
  if (settings.unsigned) {
    return findings.collect(['unsigned'], () => {
      const [other] = said;
      if (other !== undefined) throw new RuleError(`can't be combined with ${other}: remove one of the two`);
      return { kind: 'unsigned' };
    });
  }
  const way = WAYS.find((word) => said.includes(word)) ?? defaultWay(preset);
  const found = findings.collect([way], (): SignatureScheme | RemoteKeyScheme => {
    const other = said.find((word) => word !== way && word !== 'secret');
    if (other !== undefined) throw new RuleError(`can't be combined with ${other}: remove one of the two`);
    return READ[way](settings, preset);
  });
  if (found === undefined) return undefined;
  findings.collect([], (warn) => {
    if (found.warning !== undefined) warn(found.warning);
    if (found.needsUrl === true && !known.hasPublicUrl) throw new RuleError('is signed over its URL: set public_url');
  });
  if ('findKey' in found) {
    return findings.collect(['secret'], () => {
      if (said.includes('secret')) throw new RuleError(`has no use, because the sender's keys are fetched: remove it`);
      return { kind: 'remoteKey', scheme: found };
    });
  }
  return findings.collect(['secret'], (warn) => readSecrets(settings.secret ?? [], found, known, warn));
}

/** Of several, the fault stands at the first. */
const WAYS = ['oidc', 'signing', 'scheme'] as const;

function defaultWay(preset: Preset): (typeof WAYS)[number] {
  if (preset.oidc !== undefined) return 'oidc';
  return preset.signing === undefined ? 'scheme' : 'signing';
}

/** The settings about the proof that the file has. */
function ways(settings: SourceSettings): readonly ('secret' | (typeof WAYS)[number])[] {
  const { secret = [], scheme } = settings;
  return [
    ...(secret.length > 0 ? (['secret'] as const) : []),
    ...(scheme === undefined ? [] : (['scheme'] as const)),
    ...(['signing', 'oidc'] as const).filter((block) =>
      Object.values(settings[block]).some((value) => value !== undefined),
    ),
  ];
}

const READ = {
  scheme({ scheme }: SourceSettings, preset: Preset) {
    if (scheme !== undefined) {
      if (isSchemeName(scheme)) return SCHEMES[scheme];
      throw new RuleError(`is "${scheme}", which is not a scheme: ${suggest(scheme, Object.keys(SCHEMES))}`);
    }
    if (preset.scheme !== undefined) return preset.scheme;
    throw new RuleError('is missing: set scheme, signing or oidc, or unsigned: true to accept deliveries from anyone');
  },
  signing(settings: SourceSettings, preset: Preset) {
    const own = toCamelCase(signing, settings.signing);
    const allowedValues = { ...preset.signing?.allowedValues, ...own.allowedValues };
    const options = { ...preset.signing, ...own, ...(Object.keys(allowedValues).length > 0 && { allowedValues }) };
    const isByCertificate = options.certificateUrls !== undefined;
    return make(() => (isByCertificate ? createCertificateScheme(options) : createSigningScheme(options)));
  },
  oidc(settings: SourceSettings, preset: Preset) {
    const own = toCamelCase(oidc, settings.oidc);
    const claims = { ...preset.oidc?.claims, ...own.claims };
    return make(() => createOidcScheme({ ...preset.oidc, ...own, claims }));
  },
} as const;

function readSecrets(
  secrets: readonly string[],
  scheme: SignatureScheme,
  { mayLearnSecret }: Known,
  warn: (message: string) => void,
): Proof {
  if (secrets.length === 0 && mayLearnSecret)
    warn(
      'is not set yet: create the webhook at the sender, then set the secret that `garudust-temporal sources secret` shows',
    );
  else if (secrets.length === 0) throw new RuleError('is missing: set the secret that the sender signs with');
  const fault = secrets.map((secret) => scheme.findSecretFault(secret)).find((text) => text !== undefined);
  if (fault !== undefined) throw new RuleError(`is not valid: ${fault.replace(/^The/, 'the').replace(/\.$/, '')}`);
  return { kind: 'signed', scheme, secrets };
}

function make<T>(create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The message has the options by their names in the code.
    const message = error.message.replace(/\b[a-z]+(?:[A-Z][a-z]+)+\b/g, (name) =>
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    );
    throw new RuleError(`is not valid: ${message.replace(/\.$/, '')}`);
  }
}
