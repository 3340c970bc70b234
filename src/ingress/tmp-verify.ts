import { createHmac, timingSafeEqual } from 'node:crypto';
type V =
  | { ok: true; webhookId: string | undefined }
  | { ok: false; reason: 'signature_missing' | 'signature_invalid' | 'timestamp_out_of_window' };
const eq = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
export function verifyRequest(r: {
  headers: Record<string, string>;
  body: Buffer;
  secrets: readonly string[];
  now: number;
}): V {
  const hub = r.headers['x-hub-signature-256'];
  const sw = r.headers['webhook-signature'] ?? r.headers['webhook-id'] ?? r.headers['webhook-timestamp'];
  if (hub === undefined && sw === undefined) return { ok: false, reason: 'signature_missing' };
  if (
    hub !== undefined &&
    !r.secrets.some((s) => eq(hub, 'sha256=' + createHmac('sha256', s).update(r.body).digest('hex')))
  )
    return { ok: false, reason: 'signature_invalid' };
  if (sw !== undefined) {
    const id = r.headers['webhook-id'],
      ts = r.headers['webhook-timestamp'],
      sig = r.headers['webhook-signature'];
    if (!id || !ts || !sig) return { ok: false, reason: 'signature_invalid' };
    if (Math.abs(Number(ts) * 1000 - r.now) > 300000) return { ok: false, reason: 'timestamp_out_of_window' };
    const k = (s: string) => (s.startsWith('whsec_') ? Buffer.from(s.slice(6), 'base64') : Buffer.from(s));
    if (
      !r.secrets.some((s) =>
        sig
          .split(' ')
          .some((x) =>
            eq(x, 'v1,' + createHmac('sha256', k(s)).update(`${id}.${ts}.`).update(r.body).digest('base64')),
          ),
      )
    )
      return { ok: false, reason: 'signature_invalid' };
    return { ok: true, webhookId: id };
  }
  return { ok: true, webhookId: undefined };
}
