import type { Preset } from '../../sources/preset.ts';
import { findPreset, PRESETS } from '../../sources/presets.ts';
import { suggest } from '../../templates/rule-error.ts';
import { CliError } from '../cli-error.ts';

/**
 * The block of a preset to paste into the settings file, with what to do on the sender's side.
 *
 * @throws CliError `usage` for an unknown preset
 */
export function describePreset(name: string): string {
  const preset: Preset | undefined = findPreset(name);
  if (preset === undefined)
    throw new CliError('usage', `"${name}" is not a preset: ${suggest(name, Object.keys(PRESETS))}.`);
  const { documentation: docs, scheme, oidc, signing } = preset;
  const isSigned = scheme !== undefined || signing !== undefined || oidc !== undefined;
  const { sender, page, setUp, verifiedBy, deliveryId, settings = [] } = docs;
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_SECRET`;
  const notes = [
    `${sender}${page === undefined ? '' : `: ${page}`}`,
    plain(setUp.replaceAll('<url>', `https://<your host>/hooks/${name}`)),
    `Verified by ${plain(verifiedBy)}.`,
    `A repeat has the same: ${plain(deliveryId)}.`,
    ...(scheme?.needsUrl === true ? ['Set public_url to https://<your host>.'] : []),
  ];
  const lines = [
    'sources:',
    ...notes.map((note) => `  # ${note}`),
    `  ${name}:`,
    `    preset: ${name}`,
    ...(oidc === undefined && signing?.certificateUrls === undefined ? [`    secret: '\${${variable}}'`] : []),
    ...(!isSigned ? ['    signing: { header: X-Signature } # how it signs'] : []),
    ...settings.map((line) => `    ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '');
}
