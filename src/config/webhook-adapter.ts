import { type ConfigProblem, endSentence } from './config-error.ts';
import { nearestName } from '../values/nearest-name.ts';
import { type FileOrigin, formatPath, getAt, type Path, plainKey, type RawSettings, setAt } from './raw-settings.ts';
import { isRecord } from '../values/is-record.ts';

export const WEBHOOK_ADAPTER = 'webhook_adapter';

/** The block of the article "Event-Driven Agent Orchestration": the setting that each of its keys sets. */
export const ADAPTER_KEYS: Readonly<Record<string, Path>> = {
  enabled: ['ingress_enabled'],
  listen_port: ['port'],
  endpoint_path: ['endpoint_path'],
  hmac_secret: ['clients', 0, 'webhook_secret'],
  allowed_callback_domains: ['clients', 0, 'allowed_callback_domains'],
};

/**
 * Moves the article's block onto the settings that it sets; its client is `default`.
 *
 * @returns what is wrong with it: an unknown key, or a setting that the file sets a second time
 */
export function unfoldWebhookAdapter(raw: RawSettings): ConfigProblem[] {
  const block = raw.values[WEBHOOK_ADAPTER];
  delete raw.values[WEBHOOK_ADAPTER];
  if (block === undefined || block === null) return [];
  const problems: ConfigProblem[] = [];
  const report = (path: string, text: string): void => {
    const origin = raw.origins.get(path) as FileOrigin | undefined;
    problems.push({
      path,
      line: `${path}${origin?.line === undefined ? '' : ` (${origin.file} line ${origin.line})`} ${endSentence(text)}`,
    });
  };
  if (!isRecord(block)) {
    report(WEBHOOK_ADAPTER, 'must be a block of settings: indent its keys below it');
    return problems;
  }
  const ownClients = (raw.values['clients'] ?? undefined) !== undefined;
  for (const [key, value] of Object.entries(block)) {
    const target = ADAPTER_KEYS[key];
    const path = `${WEBHOOK_ADAPTER}.${plainKey(key)}`;
    if (target === undefined) {
      const near = nearestName(key, Object.keys(ADAPTER_KEYS));
      const hint = near === undefined ? `use one of ${Object.keys(ADAPTER_KEYS).join(', ')}` : `did you mean ${near}?`;
      report(path, `is not a key of ${WEBHOOK_ADAPTER}: ${hint}`);
      continue;
    }
    const isClient = target[0] === 'clients';
    const rival = isClient ? ['clients'] : target;
    if (isClient ? ownClients : (getAt(raw.values, rival) ?? undefined) !== undefined) {
      report(path, `and ${formatPath(rival)} configure the same thing: keep one of them`);
      continue;
    }
    if (isClient) raw.values['clients'] ??= [{ id: 'default' }];
    const origin = raw.origins.get(path) as FileOrigin | undefined;
    setAt(raw, target, value, { from: 'file', file: '', ...origin, path });
  }
  return problems;
}
