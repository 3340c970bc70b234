import { bearer } from './bearer.ts';
import { github } from './github.ts';
import { gitlabToken } from './gitlab-token.ts';
import type { SignatureScheme } from './scheme.ts';
import { shopify } from './shopify.ts';
import { slack } from './slack.ts';
import { standardWebhooks, svix } from './standard-webhooks.ts';
import { stripe } from './stripe.ts';

/** Every scheme that has a name. One more is made by `createGenericHmac` from options. */
export const SCHEMES = {
  bearer,
  github,
  /** A webhook with a signing token; without one, `gitlab-token`. */
  gitlab: standardWebhooks,
  'gitlab-token': gitlabToken,
  shopify,
  slack,
  'standard-webhooks': standardWebhooks,
  stripe,
  svix,
} as const satisfies Readonly<Record<string, SignatureScheme>>;

export type SchemeName = keyof typeof SCHEMES;

/** Whether a text is the name of a scheme. */
export function isSchemeName(text: string): text is SchemeName {
  return Object.hasOwn(SCHEMES, text);
}
