import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { HostHeaders } from '../../egress/guarded-request.ts';
import { signRequest } from '../../signatures/sign-request.ts';
import type { ActivityLogger } from '../activity.ts';

/** How a client's callbacks are signed and where they may go. */
export interface CallbackClient {
  /** At least one. Each signs callbacks, unless `callbackSecret` is set. */
  readonly webhookSecret: readonly string[];
  /** Each signs callbacks. */
  readonly callbackSecret?: readonly string[];
  /** Empty: any public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** Headers of the client's callbacks to some hosts, such as a gateway key. Without hosts: to `allowedCallbackDomains`. */
  readonly callbackHeaders?: {
    readonly hosts?: readonly string[] | undefined;
    readonly headers: HostHeaders['headers'];
  };
}

/** A client whose settings were checked. */
export type PreparedClient = Omit<CallbackClient, 'callbackHeaders'> & { readonly bound: HostHeaders };

/** The secrets that sign a client's callbacks. */
export function callbackSecretOf(client: Pick<CallbackClient, 'webhookSecret' | 'callbackSecret'>): readonly string[] {
  return client.callbackSecret ?? client.webhookSecret;
}

/** Headers that describe the content and its sender, and those that frame an HTTP request. */
const OURS = new Set([
  ...['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256'],
  ...['host', 'content-length', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer'],
  ...['upgrade', 'expect', 'proxy-connection'],
]);

/**
 * Checks the clients once, when the worker starts, so that a wrong setting fails before the first callback. Drops headers that
 * only the worker may set, with a warning.
 *
 * @returns the clients, with lower-case header names and the hosts that receive them
 * @throws RangeError when a client cannot sign, or has headers that are invalid or have no hosts
 */
export function prepareClients(
  clients: ReadonlyMap<string, CallbackClient>,
  logger: ActivityLogger,
): ReadonlyMap<string, PreparedClient> {
  return new Map(
    [...clients].map(([id, { callbackHeaders, ...client }]) => {
      checkSecrets(id, callbackSecretOf(client));
      const headers = pickHeaders(id, callbackHeaders?.headers ?? {}, logger);
      const hosts = callbackHeaders?.hosts ?? client.allowedCallbackDomains.flatMap(withSubdomains);
      if (Object.keys(headers).length > 0 && hosts.length === 0) {
        throw new RangeError(
          `callback_headers of client "${id}" names no hosts, so a caller could have them sent to any address: add the hosts that may receive them.`,
        );
      }
      return [id, { ...client, bound: { hosts, headers } }];
    }),
  );
}

/** An allowed domain includes its subdomains. */
function withSubdomains(domain: string): string[] {
  return domain.startsWith('*.') ? [domain] : [domain, `*.${domain}`];
}

function checkSecrets(id: string, secrets: readonly string[]): void {
  try {
    signRequest({ secrets, id: 'check', timestamp: 1, body: '' });
  } catch (error) {
    const fault = error instanceof TypeError ? error.message : '';
    throw new RangeError(`Client "${id}" cannot sign callbacks: ${fault} See CALLBACK_SECRET (callback_secret).`, {
      cause: error,
    });
  }
}

function pickHeaders(id: string, headers: Readonly<Record<string, string>>, logger: ActivityLogger) {
  const picked: Record<string, string> = {};
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase();
    if (OURS.has(name)) {
      logger.warn({ client: id, header: name }, 'callback header ignored: only the worker may set it');
    } else {
      checkHeader(id, name, value);
      picked[name] = value;
    }
  }
  return picked;
}

function checkHeader(id: string, name: string, value: string): void {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    // Without Node's message, which may quote the value, which may be a key.
    throw new RangeError(
      `Header ${JSON.stringify(name)} in callback_headers of client "${id}" is not valid: correct it.`,
    );
  }
}
