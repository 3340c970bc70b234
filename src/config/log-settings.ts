import { z } from 'zod';
import { setting } from '../settings/setting.ts';
import { oneOf } from '../settings/texts.ts';

/** What is logged, and how. */
export const log = z.strictObject({
  level: setting(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']), {
    env: 'LOG_LEVEL',
    flag: '--log-level',
    default: 'info',
    help: 'Lowest severity that is logged.',
  }),
  format: setting(oneOf(['json', 'pretty']), {
    env: 'LOG_FORMAT',
    flag: '--log-format',
    default: 'json',
    devDefault: 'pretty',
    help: 'One JSON object per line, or short lines for people.',
  }),
});
