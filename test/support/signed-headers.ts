import { createHmac } from 'node:crypto';

/** `X-Hub-Signature-256`, computed here and not by the code under test. */
export function hubHeaders(secret: string, body: string | Uint8Array): Record<string, string> {
  return { 'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}

/** The Standard Webhooks trio. A `whsec_` secret is base64, any other its UTF-8 bytes. */
export function standardHeaders(
  secret: string,
  body: string | Uint8Array,
  options: { readonly id?: string; readonly timestampS?: number } = {},
): Record<string, string> {
  const id = options.id ?? 'msg_1';
  const timestamp = String(options.timestampS ?? Math.floor(Date.now() / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
