import type { SourceConfig } from './config.ts';
import type { SourceSettings } from './source-schema.ts';

/**
 * A source as the ingress takes it.
 *
 * @param onlyClient whose it is where it names none
 */
export function toSource(name: string, read: SourceSettings, onlyClient: string): SourceConfig {
  const { hmac, map } = read;
  return dropUndefined({
    name,
    preset: read.preset,
    path: read.path,
    scheme: read.scheme,
    hmac: Object.values(hmac).every((value) => value === undefined)
      ? undefined
      : dropUndefined({
          header: hmac.header ?? '',
          prefix: hmac.prefix,
          separator: hmac.separator,
          signatureKey: hmac.signature_key,
          timestampKey: hmac.timestamp_key,
          timestampHeader: hmac.timestamp_header,
          windowS: hmac.window_seconds,
          algorithm: hmac.algorithm,
          encoding: hmac.encoding,
          template: hmac.template,
          idHeader: hmac.id_header,
          idField: hmac.id_field,
        }),
    secrets: read.secret ?? [],
    unsigned: read.unsigned,
    client: read.client ?? onlyClient,
    headers: read.headers,
    events: read.events,
    filter: read.filter,
    bodyBytes: read.body_limit,
    deliveryId: read.delivery_id,
    eventType: read.event_type,
    agent: read.agent,
    map: dropUndefined({
      text: map.text,
      sessionKey: map.session_key,
      userId: map.user_id,
      userName: map.user_name,
      callbackUrl: map.callback_url,
      metadata: map.metadata,
    }),
  });
}

type WithoutUndefined<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function dropUndefined<T extends object>(fields: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as WithoutUndefined<T>;
}
