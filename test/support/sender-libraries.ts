import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Environment, Paddle } from '@paddle/paddle-node-sdk';
import { installNodeTool } from './node-tool.ts';
import { installPythonTool } from './python-tool.ts';
import { NPM_LIBRARIES, PYPI_LIBRARIES } from './sender-library-packages.ts';
import { SENDERS_URL } from './vendor-samples.ts';

type Headers = Readonly<Record<string, string>>;

/** A delivery as it arrives. */
export interface Signed {
  readonly body: string;
  readonly headers: Headers;
}

/** What a sender signs with; `at` in seconds. */
export interface ToSign {
  readonly body: string;
  readonly secret: string;
  readonly url: string;
  readonly at: number;
}

/** A sender's own code. */
export interface SenderLibrary {
  /** Whether it takes each delivery to the source of that name, whose secret is `<name>-secret`. Absent where it only signs. */
  readonly judge?: (deliveries: readonly Signed[]) => Promise<boolean[]>;
  /** Absent where it only verifies. */
  readonly sign?: (all: readonly ToSign[]) => Promise<Headers[]>;
}

const PYTHON = `
import json, sys
from hubspot.exceptions import InvalidSignatureTimestampError
from hubspot.utils.signature import Signature
from slack_sdk.signature import SignatureVerifier
from square.utils.webhooks_helper import verify_signature

def judge_hubspot(secret, url, body, headers):
    try:
        return Signature.is_valid(
            headers["X-HubSpot-Signature-v3"], secret, body, url, "POST", "v3", headers["X-HubSpot-Request-Timestamp"]
        )
    except InvalidSignatureTimestampError:
        return False

def sign_hubspot(secret, url, body, at):
    time = str(at * 1000)
    signature = Signature.get_signature(secret, body, "v3", url, "POST", time)
    return {"X-HubSpot-Request-Timestamp": time, "X-HubSpot-Signature-v3": signature}

def judge_slack(secret, url, body, headers):
    return SignatureVerifier(secret).is_valid_request(body, headers)

def sign_slack(secret, url, body, at):
    signature = SignatureVerifier(secret).generate_signature(timestamp=str(at), body=body)
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": signature}

def judge_square(secret, url, body, headers):
    return verify_signature(
        request_body=body,
        signature_header=headers["x-square-hmacsha256-signature"],
        signature_key=secret,
        notification_url=url,
    )

print(json.dumps([globals()[sys.argv[1]](**each) for each in json.loads(sys.argv[2])]))
`;

function fromPyPI(programs: string, name: string): Required<SenderLibrary> {
  const call = async (task: string, all: readonly object[]): Promise<unknown> => {
    const given = [`${task}_${name}`, JSON.stringify(all)];
    const { stdout } = await promisify(execFile)(join(programs, 'python'), ['-c', PYTHON, ...given]);
    return JSON.parse(stdout);
  };
  return {
    judge: (deliveries) =>
      call(
        'judge',
        deliveries.map((one) => ({ ...one, secret: `${name}-secret`, url: SENDERS_URL + name })),
      ) as Promise<boolean[]>,
    sign: (all) => call('sign', all) as Promise<Headers[]>,
  };
}

/** What Zoom's library answers to a delivery, as a function of AWS Lambda would. */
export type Rivet = (event: Signed & { isBase64Encoded: false }) => Promise<{ statusCode: number; body: string }>;

/** Zoom's library as a receiver with that secret; undefined when it is missing. */
export async function loadRivet(webhooksSecretToken: string): Promise<Rivet | undefined> {
  const modules = await installNodeTool(NPM_LIBRARIES, 'the preset zoom with the library of Zoom');
  if (modules === undefined) return undefined;
  const { AwsLambdaReceiver } = (await import(
    pathToFileURL(join(modules, '@zoom/rivet/meetings/meetings.mjs')).href
  )) as { AwsLambdaReceiver: new (options: { webhooksSecretToken: string }) => { start(): Rivet } };
  return new AwsLambdaReceiver({ webhooksSecretToken }).start();
}

/** Verifies a token of Google with public keys by id; rejects when it does not hold. */
export type VerifyGoogleToken = (
  token: string,
  keys: Readonly<Record<string, string>>,
  audience: string,
  issuers: readonly string[],
) => Promise<unknown>;

/** Google's library; undefined when it is missing. */
export async function loadGoogleAuth(): Promise<VerifyGoogleToken | undefined> {
  const modules = await installNodeTool(NPM_LIBRARIES, 'the preset google-pubsub with the library of Google');
  if (modules === undefined) return undefined;
  const { OAuth2Client } = createRequire(import.meta.url)(join(modules, 'google-auth-library')) as {
    OAuth2Client: new () => { verifySignedJwtWithCertsAsync: VerifyGoogleToken };
  };
  return (...given) => new OAuth2Client().verifySignedJwtWithCertsAsync(...given);
}

async function loadMeta(): Promise<SenderLibrary | undefined> {
  const modules = await installNodeTool(NPM_LIBRARIES, 'the preset meta with the library of Meta');
  if (modules === undefined) return undefined;
  const { generateXHub256Sig } = createRequire(import.meta.url)(join(modules, 'whatsapp/build/utils.js')) as {
    generateXHub256Sig: (body: string, secret: string) => string;
  };
  const sign = ({ body, secret }: ToSign): Headers => ({
    'X-Hub-Signature-256': `sha256=${generateXHub256Sig(body, secret)}`,
  });
  return { sign: (all) => Promise.resolve(all.map(sign)) };
}

async function loadZoom(): Promise<SenderLibrary | undefined> {
  const rivet = await loadRivet('zoom-secret');
  if (rivet === undefined) return undefined;
  const takes = async (one: Signed): Promise<boolean> =>
    (await rivet({ ...one, isBase64Encoded: false })).statusCode === 200;
  return { judge: (deliveries) => Promise.all(deliveries.map(takes)) };
}

function ofPaddle(): SenderLibrary {
  const { webhooks } = new Paddle('key', { environment: Environment.sandbox });
  const takes = ({ body, headers }: Signed): Promise<boolean> =>
    webhooks.isSignatureValid(body, 'paddle-secret', headers['Paddle-Signature'] ?? '');
  return { judge: (deliveries) => Promise.all(deliveries.map(takes)) };
}

async function loadFromPyPI(name: string): Promise<Required<SenderLibrary> | undefined> {
  const programs = await installPythonTool(PYPI_LIBRARIES, `the preset ${name} with the library of its sender`);
  return programs === undefined ? undefined : fromPyPI(programs, name);
}

/** Presets that one test holds against the sender's library; Linear, Twilio and others have tests of their own. */
export type LibraryName = 'hubspot' | 'slack' | 'square' | 'paddle' | 'meta' | 'zoom';

/** The libraries by preset; undefined when one is missing on this machine. */
export const LOAD_LIBRARY: Readonly<Record<LibraryName, () => Promise<SenderLibrary | undefined>>> = {
  hubspot: () => loadFromPyPI('hubspot'),
  slack: () => loadFromPyPI('slack'),
  square: async () => {
    const library = await loadFromPyPI('square');
    return library && { judge: library.judge };
  },
  paddle: () => Promise.resolve(ofPaddle()),
  meta: loadMeta,
  zoom: loadZoom,
};
