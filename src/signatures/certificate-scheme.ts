import { X509Certificate } from 'node:crypto';
import { readBodyField } from './body-fields.ts';
import type { KeyDocument, KeyedRequest, RemoteKeyScheme } from './remote-key-scheme.ts';
import { readHeader, type Refusal, refuse } from './scheme.ts';
import { createSigningScheme, hasAllowedValues } from './signing-scheme.ts';
import type { SigningOptions } from './signing-options.ts';
import { compileUrlPatterns } from './url-pattern.ts';

const NOT_VALID: { readonly ok: false; readonly reason: Refusal } = { ok: false, reason: 'signature_invalid' };

/**
 * Makes a scheme whose key stands in a certificate that the request names by its URL: the operator's patterns decide which may be
 * fetched. The host is trusted for what it serves there, by TLS; of the certificate its dates and its kind of key are checked.
 *
 * @throws TypeError when the options don't fit together, with the fix; meant for the start
 */
export function createCertificateScheme(options: SigningOptions): RemoteKeyScheme {
  const { certificateUrls = [], certificateField, certificateHeader, allowedValues = {} } = options;
  const scheme = createSigningScheme(options);
  const isPermitted = compileUrlPatterns(certificateUrls);
  const readUrl = (request: KeyedRequest): string | undefined =>
    certificateHeader === undefined
      ? readBodyField(request, certificateField ?? '')
      : readHeader(request.headers, certificateHeader.toLowerCase());

  return {
    ...(scheme.needsUrl !== undefined && { needsUrl: scheme.needsUrl }),
    ...(scheme.signs !== undefined && { signs: scheme.signs }),
    ...(scheme.warning !== undefined && { warning: scheme.warning }),
    findKey(request) {
      const withoutKey = scheme.verify({ ...request, secrets: [] });
      if (!withoutKey.ok && withoutKey.reason !== 'signature_invalid') return withoutKey;
      const url = readUrl(request);
      if (url === undefined) return { ok: false, reason: 'signature_missing' };
      if (!isPermitted(url) || !hasAllowedValues(request, allowedValues)) return NOT_VALID;
      const isValid = (document: KeyDocument): boolean => readCertificate(document) !== undefined;
      return { ok: true, url, mayBeAbsent: true, isValid, has: isValid };
    },
    verify(request, document) {
      const certificate = readCertificate(document);
      const isInTime = certificate !== undefined && isWithin(certificate, request.now);
      return Promise.resolve(
        isInTime ? scheme.verify({ ...request, secrets: [document.text] }) : refuse('signature_invalid'),
      );
    },
  };
}

const READ = new WeakMap<KeyDocument, X509Certificate | 'invalid'>();

function readCertificate(document: KeyDocument): X509Certificate | undefined {
  const known = READ.get(document) ?? parse(document.text) ?? 'invalid';
  READ.set(document, known);
  return known === 'invalid' ? undefined : known;
}

function parse(text: string): X509Certificate | undefined {
  try {
    return text.trimStart().startsWith('-----BEGIN CERTIFICATE-----') ? new X509Certificate(text) : undefined;
  } catch {
    return undefined;
  }
}

function isWithin({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}
