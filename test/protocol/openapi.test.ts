import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isCurrent, PAGES } from '../../scripts/write-docs.ts';
import { FAILURES } from '../../src/contract/failures.ts';
import { renderProblemsPage } from '../../scripts/docs/problems-page.ts';
import { buildOpenApi } from '../../src/protocol/openapi.ts';
import type { Json } from '../../src/protocol/openapi/schemas.ts';
import { toProblem } from '../../src/protocol/problem-error.ts';
import { type ProblemCode, PROBLEMS } from '../../src/protocol/problems.ts';

const DOCUMENT = buildOpenApi({ endpointPath: '/invoke' });

interface MediaType {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown; readonly $ref?: string }>>;
}

/** Every node of the document with the pointer to it. */
function* walk(node: Json, pointer = '#'): Generator<[string, Json]> {
  yield [pointer, node];
  if (typeof node !== 'object' || node === null) return;
  for (const [key, child] of Object.entries(node)) {
    yield* walk(child, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

function resolveRef(ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], DOCUMENT);
}

function compileSchema(schema: object): (value: unknown) => string {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: DOCUMENT['components'] });
  return (value) => (validate(value) ? '' : ajv.errorsText(validate.errors));
}

describe('the OpenAPI document', () => {
  for (const file of ['docs/openapi.json', 'docs/problems.md']) {
    test(`${file} is current`, async () => {
      const page = PAGES.find((candidate) => candidate.file === file);
      assert.ok(page && (await isCurrent(page)), `run "npx tsx scripts/write-docs.ts" and commit ${file}`);
    });
  }

  test('refers to nothing that is not there', () => {
    for (const [pointer, node] of walk(DOCUMENT)) {
      const ref = (node as { $ref?: string } | null)?.$ref;
      if (typeof ref === 'string') assert.notEqual(resolveRef(ref), undefined, `${pointer}: ${ref}`);
    }
  });

  test('shows examples that are what their schemas say', () => {
    let checked = 0;
    for (const [pointer, node] of walk(DOCUMENT)) {
      if (!/\/content\/[^/]*json$/.test(pointer)) continue;
      const { schema = {}, example, examples = {} } = node as MediaType;
      const check = compileSchema(schema);
      const values = [example, ...Object.values(examples).map(({ value, $ref }) => value ?? readExample($ref))];
      for (const value of values.filter((one) => one !== undefined)) {
        assert.equal(check(value), '', `${pointer}: ${JSON.stringify(value)}`);
        checked += 1;
      }
    }
    assert.ok(checked > 100, `${checked} examples`);
  });

  test('describes problems as they are answered, each code somewhere', () => {
    const check = compileSchema({ $ref: '#/components/schemas/Problem' });
    const text = JSON.stringify(DOCUMENT['paths']);
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
      const problem = toProblem(code, 'what', { request_id: 'r', errors: [{ field: 'f', message: 'm' }] });
      assert.equal(check(problem), '', code);
      assert.ok(text.includes(`#/components/examples/${code}`), code);
    }
    assert.notEqual(check({ ...toProblem('not_found', 'what'), code: 7 }), '');
  });

  test('has one schema for every problem, so that generated clients are small, and says the codes in words', () => {
    let checked = 0;
    for (const [pointer, node] of walk(DOCUMENT['paths'] ?? null)) {
      const { content, description } = (node ?? {}) as { content?: Record<string, MediaType>; description?: string };
      const media = content?.['application/problem+json'];
      if (media === undefined) continue;
      assert.deepEqual(media.schema, { $ref: '#/components/schemas/Problem' }, pointer);
      const codes = Object.keys(media.examples ?? {});
      assert.ok(codes.length > 0 && codes.every((code) => description?.includes(`\`${code}\`: `)), pointer);
      checked += 1;
    }
    assert.ok(checked > 50, `${checked} responses`);
    const problem = JSON.stringify((DOCUMENT['components'] as { schemas: { Problem: Json } }).schemas.Problem);
    for (const code of Object.keys(PROBLEMS)) assert.ok(problem.includes(`\`${code}\``), code);
  });

  test('has no schema that nothing refers to', () => {
    const { schemas } = DOCUMENT['components'] as { schemas: Record<string, Json> };
    const text = JSON.stringify(DOCUMENT);
    for (const name of Object.keys(schemas)) assert.ok(text.includes(`"#/components/schemas/${name}"`), name);
  });

  test('describes the event stream as text, and what its events hold', () => {
    const pointer = '#/paths/~1v1~1runs~1{id}~1events/get/responses/200/content/text~1event-stream';
    const [, stream] = [...walk(DOCUMENT)].find(([at]) => at === pointer) ?? [];
    const check = compileSchema((stream as { schema?: object }).schema ?? {});
    assert.equal(check('event: bye\ndata: {}\n\n'), '');
    assert.equal(check({ event: 'end', id: '2.end', data: '{"status":"completed","callback":"delivered"}' }), '');
    assert.notEqual(check({ event: 'end', data: {} }), '');
    const end = compileSchema({ $ref: '#/components/schemas/StreamEnd' });
    assert.equal(end({ status: 'completed', callback: 'delivered' }), '');
  });

  test('says of each operation what it is for, who may ask, and what goes wrong', () => {
    const ids = new Set<string>();
    for (const [path, item] of Object.entries(DOCUMENT['paths'] as Record<string, Record<string, Json>>)) {
      for (const [method, operation] of Object.entries(item)) {
        if (method === 'parameters') continue;
        const { operationId, summary, security, responses } = operation as Record<string, Json>;
        assert.ok(typeof operationId === 'string' && !ids.has(operationId), `${method} ${path}`);
        ids.add(operationId);
        assert.ok(summary && security && responses, `${method} ${path}`);
        assert.equal(path.startsWith('/v1/'), JSON.stringify(security).includes('apiKey'), path);
        assert.equal(Object.hasOwn(responses as object, '401'), JSON.stringify(security) !== '[]', path);
      }
    }
  });

  test('has the second path for tasks where it is configured, and once', () => {
    const paths = (endpointPath: string): string[] => Object.keys(buildOpenApi({ endpointPath })['paths'] as object);
    assert.ok(paths('/tasks/in').includes('/tasks/in'));
    assert.ok(!paths('/tasks/in').includes('/invoke'));
    assert.ok(!paths('/webhook').includes('/invoke'));
  });
});

test('the page of problems has each code of both tables once', () => {
  const page = renderProblemsPage();
  for (const code of [...Object.keys(PROBLEMS), ...Object.keys(FAILURES)]) {
    assert.equal(page.split(`| \`${code}\` |`).length, 2, code);
  }
});

function readExample(ref: string | undefined): unknown {
  return ref === undefined ? undefined : (resolveRef(ref) as { value: unknown }).value;
}
