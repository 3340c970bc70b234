import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RawSettings } from './raw-settings.ts';
import { isRecord } from '../values/is-record.ts';

/** What `dev` generated for a client without secrets. */
export interface GeneratedSecrets {
  readonly client: string;
  readonly webhookSecret?: string;
  readonly apiKey?: string;
}

/**
 * Generates a webhook secret and an API key for every client that lacks one.
 *
 * @param file keeps them, readable to its owner alone, so that the next start has the same; none: each start makes new ones
 * @returns what was generated, and a warning where the file could not be used
 */
export function generateSecrets(
  raw: RawSettings,
  file?: string,
): { generated: readonly GeneratedSecrets[]; warnings: readonly string[] } {
  const clients = raw.values['clients'];
  const { kept, warning } = file === undefined ? { kept: {} } : readKept(file);
  const warnings = warning === undefined ? [] : [warning];
  const secrets: Record<string, unknown> = { ...kept };
  const generated = (Array.isArray(clients) ? clients : []).filter(isRecord).flatMap((client): GeneratedSecrets[] => {
    const id = client['id'];
    if (typeof id !== 'string') return [];
    const known = keptOf(kept, id);
    const made: GeneratedSecrets = {
      client: id,
      ...(isUnset(client['webhook_secret']) && {
        webhookSecret: known.webhookSecret ?? `whsec_${randomBytes(24).toString('base64')}`,
      }),
      ...(isUnset(client['api_key']) && { apiKey: known.apiKey ?? randomBytes(20).toString('hex') }),
    };
    if (made.webhookSecret === undefined && made.apiKey === undefined) return [];
    if (made.webhookSecret !== undefined) client['webhook_secret'] = [made.webhookSecret];
    if (made.apiKey !== undefined) client['api_key'] = [made.apiKey];
    const { client: _, ...values } = { ...known, ...made };
    secrets[id] = values;
    return [made];
  });
  if (file !== undefined && generated.some((made) => isNews(made, kept))) warnings.push(...keep(file, secrets));
  return { generated, warnings };
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null;
}

interface Known {
  readonly webhookSecret?: string;
  readonly apiKey?: string;
}

function keptOf(kept: Readonly<Record<string, unknown>>, client: string): Known {
  const entry = Object.hasOwn(kept, client) ? kept[client] : undefined;
  if (!isRecord(entry)) return {};
  const { webhookSecret, apiKey } = entry;
  return {
    ...(typeof webhookSecret === 'string' && { webhookSecret }),
    ...(typeof apiKey === 'string' && { apiKey }),
  };
}

function isNews({ client, ...made }: GeneratedSecrets, kept: Readonly<Record<string, unknown>>): boolean {
  const known = keptOf(kept, client);
  return (
    (made.webhookSecret !== undefined && made.webhookSecret !== known.webhookSecret) ||
    (made.apiKey !== undefined && made.apiKey !== known.apiKey)
  );
}

function readKept(file: string): { kept: Readonly<Record<string, unknown>>; warning?: string } {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(kept)) return { kept };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return { kept: {} };
  }
  return { kept: {}, warning: `${file} contains no readable secrets; new ones were generated.` };
}

function keep(file: string, secrets: Readonly<Record<string, unknown>>): string[] {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
    return [];
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown error';
    return [`${file} can't be written (${code}); the next start generates new secrets.`];
  }
}
