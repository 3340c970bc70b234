import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { type KubernetesObject, readKustomization, readManifests, renderKustomization } from './kubernetes-objects.ts';
import { drainMs, settingsOf, unknownVariables } from './settings-of.ts';
import { loadSchema } from './schema-check.ts';

/** Applied by hand. */
const APART = ['pod-monitor.yaml', 'secret.example.yaml', 'setup-job.yaml'];
const NAMESPACE = 'garudust-temporal';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly [string];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom: readonly { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
  readonly [probe: string]: unknown;
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly [Container];
    readonly terminationGracePeriodSeconds?: number;
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly enableServiceLinks?: boolean;
  };
}

const manifests = readManifests();
const all = manifests.flatMap(({ objects }) => objects);
const ofKind = (kind: string): KubernetesObject[] => all.filter((object) => object.kind === kind);
const templateOf = (object: KubernetesObject): PodTemplate => (object['spec'] as { template: PodTemplate }).template;
const workloads = [...ofKind('Deployment'), ...ofKind('Job')];
const data = (kind: string, field: string): Record<string, string> =>
  Object.assign({}, ...ofKind(kind).map((object) => object[field])) as Record<string, string>;

const config = data('ConfigMap', 'data');
const secret = data('Secret', 'stringData');
const filled = Object.fromEntries(Object.keys(secret).map((name) => [name, `made-up-for-a-test-${name}`]));

/** The environment of a container, with the secret filled in. */
function environmentOf({ env = [], envFrom }: Container): Record<string, string> {
  return Object.assign(
    {},
    ...envFrom.map((source) => (source.configMapRef ? config : filled)),
    Object.fromEntries(env.map(({ name, value }) => [name, value])),
  ) as Record<string, string>;
}

function check(objects: readonly KubernetesObject[], where: string): void {
  const validate = loadSchema('kubernetes-1.34.json');
  for (const object of objects) {
    // Of an operator, not of Kubernetes.
    if (object.kind === 'PodMonitor') continue;
    const kind = `kind:${object.apiVersion.replace('/', '.')}.${object.kind}`;
    assert.deepEqual(validate(object, kind), [], `${where}: ${object.kind} ${object.metadata.name ?? ''}`);
  }
}

it('keeps to the schemas of Kubernetes', () => {
  for (const { file, objects } of manifests) {
    assert.notEqual(objects.length, 0, file);
    check(objects, file);
  }
});

it('is put together by kustomize as it stands, in its namespace and at this version', async (t) => {
  const files = manifests.map(({ file }) => file).filter((file) => !APART.includes(file));
  assert.deepEqual(readKustomization().resources.toSorted(), files.toSorted());
  const rendered = await renderKustomization();
  if (!rendered) return t.diagnostic('needs kubectl or kustomize');
  check(rendered, 'kustomization');
  for (const { kind, metadata } of rendered) if (kind !== 'Namespace') assert.equal(metadata.namespace, NAMESPACE);
  const images = [...rendered, ...ofKind('Job')]
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((object) => templateOf(object).spec.containers[0].image);
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
  assert.deepEqual([...new Set(images)], [`garudust-temporal:${version}`]);
});

it('has no secret in it, and does not start with the example as it is', () => {
  assert.deepEqual([...new Set(Object.values(secret))], ['']);
  assert.throws(() => settingsOf({ ...config, ...secret }), ConfigError);
});

it('gives our processes only variables that they read, and settings that they accept', () => {
  assert.deepEqual(workloads.map((object) => templateOf(object).spec.containers[0].args[0]).toSorted(), [
    'ingress',
    'setup',
    'worker',
  ]);
  for (const object of workloads) {
    const [container] = templateOf(object).spec.containers;
    const env = environmentOf(container);
    assert.deepEqual(unknownVariables(env), [], container.name);
    // Kubernetes would add variables for every service beside it.
    assert.equal(templateOf(object).spec.enableServiceLinks, false);
    if (object.kind === 'Job') continue;
    const loaded = settingsOf(env);
    assert.deepEqual(loaded.warnings, [], container.name);
    const expected = { http: loaded.config.port, admin: loaded.config.adminPort };
    for (const { name, containerPort } of container.ports ?? []) {
      assert.equal(containerPort, (expected as Record<string, number>)[name], `${container.name} ${name}`);
    }
  }
});

it('asks the admin port for health, and whether Temporal answers only where it decides about traffic', () => {
  for (const object of ofKind('Deployment')) {
    const [container] = templateOf(object).spec.containers;
    const get = (probe: string): unknown => (container[probe] as { httpGet: unknown }).httpGet;
    assert.ok(container.ports?.some(({ name }) => name === 'admin'));
    assert.deepEqual(get('startupProbe'), { path: '/healthz', port: 'admin' });
    assert.deepEqual(get('livenessProbe'), { path: '/healthz', port: 'admin' });
    assert.deepEqual(get('readinessProbe'), { path: '/readyz', port: 'admin' });
  }
});

it('leaves our processes the time to drain', () => {
  for (const object of ofKind('Deployment')) {
    const { containers, terminationGracePeriodSeconds: grace = 30 } = templateOf(object).spec;
    const [container] = containers;
    const { preStop } = (container['lifecycle'] ?? {}) as { preStop?: { sleep: { seconds: number } } };
    const needed = (preStop?.sleep.seconds ?? 0) + drainMs(container.args[0], environmentOf(container)) / 1000;
    assert.ok(grace >= needed + 5, `${container.name} may take ${needed} s and is killed after ${grace} s`);
  }
});

it('keeps to the strictest pod security of Kubernetes, and writes nowhere but into its volume', () => {
  for (const object of workloads) {
    const { containers, securityContext } = templateOf(object).spec;
    assert.equal(securityContext['runAsNonRoot'], true);
    assert.deepEqual(securityContext['seccompProfile'], { type: 'RuntimeDefault' });
    assert.deepEqual(containers[0].securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

it('has metrics read at the port that our pods show them on, in our namespace', () => {
  const [monitor, ...more] = ofKind('PodMonitor');
  assert.ok(monitor && more.length === 0);
  assert.equal(monitor.apiVersion, 'monitoring.coreos.com/v1');
  assert.equal(monitor.metadata.namespace, NAMESPACE);
  const { podMetricsEndpoints } = monitor['spec'] as { podMetricsEndpoints: readonly { port: string; path: string }[] };
  assert.deepEqual(
    podMetricsEndpoints.map(({ port, path }) => [port, path]),
    [['admin', '/metrics']],
  );
});

it('selects pods that there are', () => {
  const pods = workloads.map((object) => templateOf(object).metadata.labels);
  type Selector = Readonly<Record<string, string>>;
  const selectors = [
    ...ofKind('Service').map((object) => (object['spec'] as { selector: Selector }).selector),
    ...[...ofKind('Deployment'), ...ofKind('PodDisruptionBudget'), ...ofKind('PodMonitor')].map(
      (object) => (object['spec'] as { selector: { matchLabels: Selector } }).selector.matchLabels,
    ),
    ...ofKind('NetworkPolicy').map(
      (object) => (object['spec'] as { podSelector: { matchLabels: Selector } }).podSelector.matchLabels,
    ),
  ];
  assert.equal(selectors.length, 10);
  for (const selector of selectors) {
    const hits = pods.filter((labels) => Object.entries(selector).every(([name, value]) => labels[name] === value));
    assert.notEqual(hits.length, 0, JSON.stringify(selector));
  }
});
