import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { RemoteDocuments } from '../../src/egress/remote-documents.ts';
import { type CompiledSources, compileSources } from '../../src/sources/compile-sources.ts';
import type { Source } from '../../src/sources/source.ts';
import type { SourceOptions, SourceSample } from './source-samples.ts';
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
}

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
    send({ body = sample.body, contentType = sample.contentType, headers = {}, tampered, ...how } = {}) {
      const secret = how.secret ?? options.secret?.[0] ?? '';
      const signed = sample.sign(body, secret, Math.floor(Date.now() / 1000) - (how.ageS ?? 0));
      const all = { 'Content-Type': contentType, ...sample.headers, ...signed, ...headers };
      const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
      return fetch(ingress.url + path + (how.unsigned === true ? '' : (sample.query?.(secret) ?? '')), {
        method: 'POST',
        body: Buffer.from(tampered ?? body),
        headers: sent,
      });
    },
  };
}
