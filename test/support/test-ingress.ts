import type { TestContext } from 'node:test';
import { type AppDeps, createApp } from '../../src/ingress/app.ts';
import type { IngressClient } from '../../src/ingress/ingress-client.ts';
import type { IngressLogger } from '../../src/ingress/middleware/access-log.ts';
import { type RunningServer, type ServerLimits, serveIngress } from '../../src/ingress/http/serve.ts';
import { FakeRunClient } from './fake-run-client.ts';
import { hubHeaders } from './signed-headers.ts';

export const ALPHA: IngressClient = {
  id: 'alpha',
  webhookSecret: ['alpha-secret', 'alpha-new-secret'],
  apiKey: ['alpha-key'],
  allowedCallbackDomains: [],
};

/** Shares nothing with ALPHA; its secret is one of Standard Webhooks' own kind. */
export const BETA: IngressClient = {
  id: 'beta',
  webhookSecret: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  apiKey: ['beta-key'],
  allowedCallbackDomains: ['ci.example.com'],
  agents: ['reviewer'],
};

const POLICY = {
  attemptTimeoutMs: 600_000,
  totalTimeoutMs: 3_600_000,
  heartbeatTimeoutMs: 30_000,
  maxAttempts: 3,
  maxAnswerBytes: 1_000_000,
};

/** An ingress on a free port of loopback, with a fake run client and everything that it logged. */
export interface TestIngress {
  readonly url: string;
  readonly port: number;
  readonly server: RunningServer;
  readonly runs: FakeRunClient;
  /** What the application was made of. */
  readonly deps: AppDeps;
  readonly logs: { level: string; fields: Record<string, unknown>; message: string }[];
  readonly counted: { route: string; method: string; status: number }[];
  /** Every callback address that policy was asked about, with its rules. */
  readonly checked: unknown[];
  /** Posts a body signed as ALPHA; headers given here come on top. */
  post(path: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Response>;
  /** Asks with ALPHA's key; headers given here come on top. */
  ask(path: string, init?: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }): Promise<Response>;
}

/** Starts one that is drained when the test ends. */
export async function startTestIngress(
  t: Pick<TestContext, 'after'>,
  overrides: Partial<Omit<AppDeps, 'limits'>> & {
    readonly runs?: FakeRunClient;
    readonly limits?: Partial<AppDeps['limits']>;
    readonly serverLimits?: Partial<ServerLimits>;
  } = {},
): Promise<TestIngress> {
  const runs = overrides.runs ?? new FakeRunClient();
  const logs: TestIngress['logs'] = [];
  const counted: TestIngress['counted'] = [];
  const checked: unknown[] = [];
  const logger = recordingLogger(logs);
  const { serverLimits, limits, ...others } = overrides;
  const deps: AppDeps = {
    runs,
    readiness: () => Promise.resolve(runs.readiness),
    clients: [ALPHA, BETA],
    agents: new Map([
      ['demo', POLICY],
      ['reviewer', { ...POLICY, maxAttempts: 1 }],
    ]),
    defaultAgent: 'demo',
    callback: {
      permitNetworks: [],
      retryDelays: [5000, 300_000],
      attemptTimeout: 15_000,
      deadLetter: 1_209_600_000,
    },
    checkUrl: (text, rules) => {
      checked.push({ text, rules });
      const refused = /^https:\/\/(?:ci|ops)\.example\.com\//.test(text)
        ? undefined
        : 'is refused by the test: use https';
      return Promise.resolve(refused === undefined ? { ok: true } : { ok: false, message: refused });
    },
    limits: { body: 65_536, bodyTimeout: 5000, linger: 200, ...limits },
    endpointPath: '/invoke',
    logger,
    metrics: { requestAnswered: (labels) => void counted.push(labels) },
    ...others,
  };
  const app = createApp(deps);
  const server = await serveIngress({
    app,
    host: '127.0.0.1',
    port: 0,
    runs,
    logger,
    limits: { checkInterval: 20, ...serverLimits },
  });
  t.after(() => server.drain(1000));
  return {
    url: server.url,
    port: server.port,
    server,
    runs,
    deps,
    logs,
    counted,
    checked,
    post: (path, body, headers = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', ...hubHeaders('alpha-secret', body), ...headers },
      }),
    ask: (path, init = {}) =>
      fetch(server.url + path, { ...init, headers: { Authorization: 'Bearer alpha-key', ...init.headers } }),
  };
}

function recordingLogger(logs: TestIngress['logs']): IngressLogger {
  const record =
    (level: string) =>
    (fields: object, message: string): void =>
      void logs.push({ level, fields: { ...fields }, message });
  return { info: record('info'), error: record('error') };
}
