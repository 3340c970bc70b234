import { z } from 'zod';
import { listenHost, webOrigin } from '../settings/addresses.ts';
import { listOf } from '../settings/kind.ts';
import { GENERATE_PAYLOAD_KEY, payloadKeys } from '../settings/payload-keys.ts';
import { payloadStorage } from '../settings/payload-storage.ts';
import { size, wholeNumber } from '../settings/quantities.ts';
import { apiKeys } from '../settings/secrets.ts';
import { optionalSetting, setting } from '../settings/setting.ts';

/** What Temporal stores of tasks and answers. */
export const payloads = z.strictObject({
  keys: optionalSetting(payloadKeys, {
    env: 'PAYLOAD_KEYS',
    secret: true,
    defaultText: 'none: payloads are not encrypted',
    help: `Keys that encrypt what Temporal stores (AES-256-GCM). The first one encrypts, all decrypt. Every ingress and worker needs the same ones. \`${GENERATE_PAYLOAD_KEY}\` generates one.`,
  }),
  storage: optionalSetting(payloadStorage, {
    env: 'PAYLOAD_STORAGE',
    defaultText: 'none: everything is in Temporal, which takes 2 MiB',
    help: 'Where large payloads are kept: a folder that every ingress and worker shares, or `s3://bucket/prefix`. `max_answer_bytes` of an agent can then be up to `64MiB`.',
  }),
  store_above: setting(size({ min: '1KiB', max: '1536KiB' }), {
    env: 'PAYLOAD_STORE_ABOVE',
    default: '256KiB',
    help: 'Size from which on a payload is kept there.',
  }),
});

/** The command `codec-server`. */
export const codecServer = z.strictObject({
  host: setting(listenHost, {
    env: 'CODEC_HOST',
    default: '127.0.0.1',
    help: 'Address of the codec server. Any other than loopback needs a token.',
  }),
  port: setting(wholeNumber({ min: 0, max: 65_535, noun: 'port' }), {
    env: 'CODEC_PORT',
    default: 8082,
    help: 'Port of the codec server; 0 picks a free port.',
  }),
  token: optionalSetting(apiKeys, {
    env: 'CODEC_TOKEN',
    secret: true,
    defaultText: 'none: no login, on loopback alone',
    help: 'Tokens that open the codec server, as bearer token or as password. List several while rotating.',
  }),
  origins: setting(listOf(webOrigin, 'origins'), {
    env: 'CODEC_ORIGINS',
    default: [],
    help: 'Origins of the web pages that may ask the codec server, such as `https://temporal.example.com`. Empty: that of `temporal_ui_url`.',
  }),
  body: setting(size({ min: '64KiB', max: '256MiB' }), {
    default: '32MiB',
    help: 'Largest request body of the codec server; above it, `413`.',
  }),
});
