import type { ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { readSecretVariable } from '../config/secret-files.ts';
import { StartError } from './start-error.ts';

/** How a Temporal server is reached: the options of a native connection; `toClientOptions` makes those of the other kind. */
export interface TemporalSettings {
  readonly connectionOptions: NativeConnectionOptions & ConnectionOptions;
  readonly namespace: string;
}

/**
 * The settings of the standard environment (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS*`, `TEMPORAL_PROFILE`) and its file, read as every Temporal tool reads them, and `TEMPORAL_PROXY`. The API key and
 * the proxy may be in files: `TEMPORAL_API_KEY_FILE`, `TEMPORAL_PROXY_FILE`.
 *
 * @throws StartError with what is wrong with them
 */
export function readTemporalSettings(env: Readonly<Record<string, string | undefined>>): TemporalSettings {
  try {
    const apiKey = readSecret(env, 'TEMPORAL_API_KEY');
    const overrideEnvVars = Object.fromEntries(
      Object.entries({ ...env, TEMPORAL_API_KEY: apiKey }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars });
    const proxy = readProxy(readSecret(env, 'TEMPORAL_PROXY'));
    return {
      connectionOptions: { address: 'localhost:7233', ...connectionOptions, ...(proxy && { proxy }) },
      namespace,
    };
  } catch (error) {
    if (error instanceof StartError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`Invalid Temporal connection settings: ${why}. Check TEMPORAL_* and the profile file.`, {
      cause: error,
    });
  }
}

function readSecret(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const { value, problem } = readSecretVariable(env, name, process.cwd());
  if (problem !== undefined) throw new StartError(problem);
  return value;
}

/** Whether the environment names a Temporal server, directly or by a profile. */
export function namesTemporalServer(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env['TEMPORAL_ADDRESS'] || env['TEMPORAL_PROFILE'] || env['TEMPORAL_CONFIG_FILE']);
}

/** An HTTP proxy of the form `host:port`, with `user:password@` before it where it asks for them. */
function readProxy(value: string | undefined): NativeConnectionOptions['proxy'] {
  if (!value) return undefined;
  const text = value.replace(/^http:\/\//, '');
  const [, userinfo, targetHost = ''] = /^(?:([^/\s]*)@)?([^@/\s]+:\d{1,5})\/?$/.exec(text) ?? [];
  const [, user = '', password = ''] = /^([^:]*):?(.*)$/.exec(userinfo ?? '') ?? [];
  try {
    if (new URL(`http://${targetHost}`).pathname !== '/') throw new TypeError('no host');
    return {
      type: 'http-connect',
      targetHost,
      ...(user !== '' && {
        basicAuth: { username: decodeURIComponent(user), password: decodeURIComponent(password) },
      }),
    };
  } catch (error) {
    // Without the value, in which a password may be.
    throw new StartError(
      'TEMPORAL_PROXY is not the address of an HTTP proxy: write it as proxy.internal:3128 or user:password@proxy.internal:3128, with percent signs for special characters of the password.',
      { cause: error },
    );
  }
}

/**
 * The options of a `Connection` of the client, which has no option for a proxy: gRPC's own channel arguments go through the same
 * one. Proxies of the environment (`grpc_proxy`, `https_proxy`) stay ignored, as a native connection ignores them.
 */
export function toClientOptions(options: TemporalSettings['connectionOptions']): ConnectionOptions {
  const { proxy, address = 'localhost:7233', ...rest } = options;
  const direct = { ...options.channelArgs, 'grpc.enable_http_proxy': 0 };
  if (proxy === undefined) return { ...rest, address, channelArgs: direct };
  const { username, password } = proxy.basicAuth ?? {};
  return {
    ...rest,
    address: proxy.targetHost,
    channelArgs: {
      ...direct,
      'grpc.http_connect_target': `dns:${address}`,
      'grpc.default_authority': address,
      ...(username !== undefined && { 'grpc.http_connect_creds': `${username}:${password}` }),
    },
  };
}
