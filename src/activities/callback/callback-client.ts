import { validateHeaderName, validateHeaderValue } from 'node:http';
import { signRequest } from '../../signatures/sign-request.ts';
import type { ActivityLogger } from '../activity-logger.ts';

/** What the delivery of a client's callbacks needs. */
export interface CallbackClient {
  /** One at least. All of them sign callbacks, unless `callbackSecret` is set. */
  readonly webhookSecret: readonly string[];
  /** All of them sign. */
  readonly callbackSecret?: readonly string[];
  /** None: any public host. */
  readonly allowedCallbackDomains: readonly string[];
  /** Headers that every callback of the client carries, such as a gateway key. */
  readonly callbackHeaders?: Readonly<Record<string, string>>;
}

/** The secrets that sign a client's callbacks. */
export function callbackSecretOf(client: Pick<CallbackClient, 'webhookSecret' | 'callbackSecret'>): readonly string[] {
  return client.callbackSecret ?? client.webhookSecret;
}

/** Headers that say what is sent and by whom, and those by which HTTP finds where a request ends. */
const OURS = new Set([
  ...['content-type', 'user-agent', 'webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-hub-signature-256'],
  ...['host', 'content-length', 'content-encoding', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'trailer'],
  ...['upgrade', 'expect', 'proxy-connection'],
]);

/**
 * Looks at the clients once, when the worker starts, so that a mistake in a setting is not found out by the first callback.
 * Headers that only this project may set are left out, with a warning.
 *
 * @returns the clients with their headers by lower-case names
 * @throws RangeError when a client can't sign, or has a header that HTTP can not hold
 */
export function prepareClients(
  clients: ReadonlyMap<string, CallbackClient>,
  logger: ActivityLogger,
): ReadonlyMap<string, CallbackClient> {
  return new Map(
    [...clients].map(([id, client]) => {
      checkSecrets(id, callbackSecretOf(client));
      return [id, { ...client, callbackHeaders: pickHeaders(id, client.callbackHeaders ?? {}, logger) }];
    }),
  );
}

function checkSecrets(id: string, secrets: readonly string[]): void {
  try {
    signRequest({ secrets, id: 'check', timestamp: 1, body: '' });
  } catch (error) {
    const fault = error instanceof TypeError ? error.message : '';
    throw new RangeError(`Client "${id}" can not sign callbacks: ${fault} See CALLBACK_SECRET (callback_secret).`, {
      cause: error,
    });
  }
}

function pickHeaders(id: string, headers: Readonly<Record<string, string>>, logger: ActivityLogger) {
  const picked: Record<string, string> = {};
  for (const [written, value] of Object.entries(headers)) {
    const name = written.toLowerCase();
    if (OURS.has(name)) {
      logger.warn({ client: id, header: name }, 'a callback header is ignored, only the worker itself may set it');
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
    // Node's message may quote the value, which may be a key.
    throw new RangeError(
      `Header ${JSON.stringify(name)} in callback_headers of client "${id}" is not valid: correct it.`,
    );
  }
}
