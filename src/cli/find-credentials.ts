import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { BadValue, BadValues, type Kind } from '../settings/kind.ts';
import { apiKeys, signingSecrets } from '../settings/secrets.ts';
import { ENV_CLIENT } from '../config/layers.ts';
import { readSecretVariable } from '../config/secret-files.ts';
import { CliError } from './cli-error.ts';
import type { CliIo } from './cli-io.ts';
import { DEV_SECRETS_FILE, type EnvironmentName } from './environment.ts';

/** One or several secrets, and where they were found, for error messages. */
export interface Credential {
  readonly values: readonly [string, ...string[]];
  readonly origin: string;
}

type Place = Pick<CliIo, 'env' | 'cwd'>;

const devClient = z.object({ webhookSecret: z.string().optional(), apiKey: z.string().optional() });

/**
 * What signs tasks for a server: `GARUDUST_WEBHOOK_SECRET`, or what `dev` generated in this folder, which is used for
 * servers on this machine only.
 *
 * @throws CliError when the variable holds no secret
 */
export function findWebhookSecrets(io: Place, serverUrl: string): Credential | undefined {
  return fromEnv(io, 'GARUDUST_WEBHOOK_SECRET', signingSecrets) ?? fromDev(io, serverUrl, 'webhookSecret');
}

/** What checks callbacks: `CALLBACK_SECRET`, else as for signing. */
export function findCallbackSecrets(io: Place, serverUrl: string): Credential | undefined {
  return fromEnv(io, 'CALLBACK_SECRET', signingSecrets) ?? findWebhookSecrets(io, serverUrl);
}

/** What reads runs from a server: `RUNS_API_KEY`, or what `dev` generated in this folder, likewise. */
export function findApiKey(io: Place, serverUrl: string): Credential | undefined {
  return fromEnv(io, 'RUNS_API_KEY', apiKeys) ?? fromDev(io, serverUrl, 'apiKey');
}

/** The error for a command that needs a credential. */
export function missingCredential(name: EnvironmentName, what: string): CliError {
  return new CliError(
    'usage',
    `No ${what} found: set ${name}, or run this command in the folder where \`garudust-temporal dev\` runs, which keeps its own in ${DEV_SECRETS_FILE}.`,
  );
}

function fromEnv({ env, cwd }: Place, name: EnvironmentName, kind: Kind<readonly string[]>): Credential | undefined {
  const { value, problem } = readSecretVariable(env, name, cwd);
  if (problem !== undefined) throw new CliError('usage', problem);
  if (value === undefined) return undefined;
  try {
    return toCredential(kind.read(value), name);
  } catch (error) {
    if (error instanceof BadValue) throw new CliError('usage', `${name} ${error.message}.`);
    if (error instanceof BadValues) {
      const faults = error.faults.map((fault) => `${fault.subject ?? 'the value'} ${fault.message}`);
      throw new CliError('usage', `${name}: ${faults.join('; ')}.`);
    }
    throw error;
  }
}

function fromDev(io: Place, serverUrl: string, key: 'webhookSecret' | 'apiKey'): Credential | undefined {
  if (!isLoopback(serverUrl)) return undefined;
  const clients = z.record(z.string(), z.unknown()).safeParse(readJson(resolve(io.cwd, DEV_SECRETS_FILE))).data ?? {};
  const names = [ENV_CLIENT, ...Object.keys(clients)].filter((name) => Object.hasOwn(clients, name));
  const found = names
    .map((name) => devClient.safeParse(clients[name]).data?.[key])
    .find((value) => value !== undefined);
  return found === undefined ? undefined : toCredential([found], DEV_SECRETS_FILE);
}

function toCredential([first, ...others]: readonly string[], origin: string): Credential | undefined {
  return first === undefined ? undefined : { values: [first, ...others], origin };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
