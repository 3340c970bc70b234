import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { TestContext } from 'node:test';
import { RemoteDocuments } from '../../src/egress/remote-documents.ts';
import { type CompiledSources, compileSources } from '../../src/sources/compile-sources.ts';
import type { Source } from '../../src/sources/source.ts';
import type { Signing, SourceOptions, SourceSample } from './source-samples.ts';
import { startTestIngress, type TestIngress } from './test-ingress.ts';

/** An ingress with one source, and its sender. */
export interface SourceUnderTest {
  readonly ingress: TestIngress;
  /** Sends a delivery of the sample, well signed unless told otherwise. */
  send(changes?: Delivery): Promise<Response>;
}

/** What is other than in the sample. */
export interface Delivery {
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  /** On top of the sample's; an empty text leaves a header out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly secret?: string;
  /** Leaves out a proof in the URL. */
  readonly unsigned?: true;
  /** Seconds since it was signed; negative for the future. */
  readonly ageS?: number;
  /** What arrives in place of the body that was signed. */
  readonly tampered?: string | Uint8Array;
  /** How it is signed in place of the sender's own way. */
  readonly how?: Signing;
  /** Changes the lines of the headers, of which one may come twice. They go out as they are, `Host` included. */
  readonly alter?: (lines: readonly Line[]) => readonly Line[];
  /** Query in place of the sample's. */
  readonly query?: string;
  /** Path in place of the source's own. */
  readonly path?: string;
}

/** A line of a header. */
export type Line = readonly [name: string, value: string];

/** Sources compiled as at a start, which must find nothing wrong with them. */
export function sourcesOf(...options: readonly SourceOptions[]): ReadonlyMap<string, Source> {
  const { sources, faults, warnings } = compileOptions(options);
  assert.deepEqual([faults, warnings.filter(({ path }) => path.length > 1)], [[], []]);
  return sources;
}

/** As the settings have it where the file does not mention it. */
const UNASKED = { required: false, timeout: 259_200_000, default: 'refuse' };

/** Compiles sources as at a start, each with a client that may use every agent. */
export function compileOptions(all: readonly SourceOptions[]): CompiledSources {
  const settings = all.map(({ name, ...options }) => [
    name,
    {
      preset: 'generic',
      unsigned: false,
      headers: [],
      signing: {},
      oidc: {},
      map: {},
      approval: UNASKED,
      handshake: {},
      answer: {},
      identity: 'id',
      ...options,
    },
  ]);
  const clients = [...new Set(all.map(({ client }) => client))].map((id) => ({ id }));
  return compileSources(Object.fromEntries(settings) as Parameters<typeof compileSources>[0], {
    clients,
    agents: undefined,
    endpointPath: '/invoke',
    hasPublicUrl: true,
  });
}

/** Starts an ingress for a sample, with some of its options changed. */
export async function startSource(
  t: Pick<TestContext, 'after'>,
  sample: SourceSample,
  changes: Partial<SourceOptions> = {},
  overrides: Parameters<typeof startTestIngress>[1] = {},
): Promise<SourceUnderTest> {
  const options = { ...sample.options, ...changes };
  const keyDocuments = new RemoteDocuments({
    fetch: (url) => Promise.resolve(sample.documents?.[url] === undefined ? 'absent' : { text: sample.documents[url] }),
  });
  const ingress = await startTestIngress(t, { sources: sourcesOf(options), keyDocuments, ...overrides });
  const path = options.path ?? `/hooks/${options.name}`;
  return {
    ingress,
    send({ body = sample.body, contentType = sample.contentType, headers = {}, tampered, ...other } = {}) {
      const secret = other.secret ?? options.secret?.[0] ?? '';
      const at = Math.floor(Date.now() / 1000) - (other.ageS ?? 0);
      const signed = sample.sign(body, secret, at, other.how);
      const hasProof = typeof body === 'string' && other.unsigned !== true;
      const whole = hasProof ? (sample.signBody?.(body, secret, at) ?? body) : body;
      const all = { 'Content-Type': contentType, ...sample.headers, ...signed, ...headers };
      const lines = Object.entries(all).filter(([, value]) => value !== '');
      const query = other.unsigned === true ? '' : (other.query ?? sample.query?.(secret) ?? '');
      const url = ingress.url + (other.path ?? path) + query;
      const sent = Buffer.from(tampered ?? whole);
      if (other.alter !== undefined) return postLines(url, other.alter(lines), sent);
      return fetch(url, { method: 'POST', body: sent, headers: Object.fromEntries(lines) });
    },
  };
}

/** Posts with headers that `fetch` would not send. */
function postLines(url: string, lines: readonly Line[], body: Buffer): Promise<Response> {
  return new Promise((resolve, reject) => {
    const headers = [...lines, ['Content-Length', String(body.length)], ['Connection', 'close']];
    if (!lines.some(([name]) => name.toLowerCase() === 'host')) headers.push(['Host', new URL(url).host]);
    const sent = request(url, { method: 'POST', headers: headers.flat() });
    sent.on('error', reject).on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          const { statusCode: status = 0, headers: got } = answer;
          const init = { status, headers: { 'content-type': got['content-type'] ?? '' } };
          resolve(new Response(chunks.length === 0 ? null : Buffer.concat(chunks), init));
        });
    });
    sent.end(body);
  });
}
