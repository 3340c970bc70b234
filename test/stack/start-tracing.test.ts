import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readTraceSettings } from '../../src/telemetry/read-trace-settings.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

/** The API alone, which prom-client brings and loads for itself. */
const NONE = '["@opentelemetry/api"]';

/** Starts tracing in a process of its own, and prints which of its packages were loaded, or why it did not start. */
const PROGRAM = `
  import { createRequire } from 'node:module';
  await import('./src/index.ts');
  await import('./src/stack/run-process.ts');
  const { startTracing } = await import('./src/stack/start-tracing.ts');
  const logger = { info() {}, warn() {} };
  try {
    const running = await startTracing(process.env, logger);
    await running.close();
  } catch (error) {
    console.log(error.name + ': ' + error.message);
  }
  const files = Object.keys(createRequire(import.meta.url).cache);
  console.log(JSON.stringify([...new Set(files.filter((file) => /opentelemetry/.test(file)).map((file) => /(@opentelemetry\\/[^/]+|@temporalio\\/[^/]+)/.exec(file)?.[1]))].sort()));
`;

/** Lets the packages of OpenTelemetry be not there. */
const HIDE = `
  import { register } from 'node:module';
  const hooks = \`export async function resolve(specifier, context, next) {
    if (!/^@opentelemetry|interceptors-opentelemetry/.test(specifier)) return next(specifier, context);
    throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
  }\`;
  register('data:text/javascript,' + encodeURIComponent(hooks));
`;

function startWith(env: Record<string, string>, ...imports: string[]): string[] {
  const args = ['tsx', ...imports].flatMap((name) => ['--import', name]);
  const { stdout, stderr } = spawnSync(process.execPath, [...args, '--input-type=module', '--eval', PROGRAM], {
    cwd: join(ROOT),
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.notEqual(stdout, '', stderr);
  return stdout.trimEnd().split('\n');
}

describe('the packages of OpenTelemetry', () => {
  test('are not loaded unless a variable asks for traces', () => {
    assert.deepEqual(startWith({}), [NONE]);
    assert.deepEqual(startWith({ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }), [NONE]);
    const [loaded = ''] = startWith(ENDPOINT);
    assert.match(loaded, /@opentelemetry\/exporter-trace-otlp-proto.*@temporalio\/interceptors-opentelemetry/);
  });

  test('are asked for in one sentence where they are not installed', () => {
    const [told = ''] = startWith(ENDPOINT, `data:text/javascript,${encodeURIComponent(HIDE)}`);
    assert.match(
      told,
      /^StartError: OTEL_\* variables ask for traces, and the packages for them are not installed: run "npm install @temporalio\/interceptors-opentelemetry@1\.24\.0 @opentelemetry\/api@.*", or set OTEL_TRACES_EXPORTER=none\.$/,
    );
    assert.deepEqual(startWith({}, `data:text/javascript,${encodeURIComponent(HIDE)}`), [NONE]);
  });
});

describe('variables of OpenTelemetry', () => {
  test('ask for traces by an endpoint or by the exporter, and not when the SDK is disabled', () => {
    const asks = (env: Record<string, string>): boolean => readTraceSettings(env) !== undefined;
    assert.deepEqual(
      [
        {},
        { OTEL_SERVICE_NAME: 'x' },
        { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
        { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
      ].map(asks),
      [false, false, false, false],
    );
    assert.deepEqual(
      [ENDPOINT, { OTEL_TRACES_EXPORTER: 'otlp' }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x/v1/traces' }].map(
        asks,
      ),
      [true, true, true],
    );
  });

  for (const [name, value, fix] of [
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'otlp or none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'http/protobuf or http/json'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'always_on or always_off'],
  ] as const) {
    test(`${name}=${value} is refused with what to set`, () => {
      assert.throws(() => readTraceSettings({ ...ENDPOINT, [name]: value }), {
        name: 'TraceSettingsError',
        message: new RegExp(`^${name} is "${value}", which is not supported: set ${fix}`),
      });
    });
  }

  test('a ratio outside of 0 to 1 is refused', () => {
    const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' };
    assert.throws(() => readTraceSettings(env), /OTEL_TRACES_SAMPLER_ARG is "7": set a number from 0 to 1/);
  });
});
