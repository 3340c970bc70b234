/** The overlay of docs/production.md, as pasted, put together by kubectl or kustomize. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load-config.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type KubernetesObject, renderKustomization } from './kubernetes-objects.ts';
import { loadSchema } from './schema-check.ts';

interface Labels {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

interface EgressRule {
  readonly to?: readonly { readonly namespaceSelector?: Labels }[];
  readonly ports?: readonly { readonly port: number }[];
}

interface PodSpec {
  readonly containers: readonly [
    {
      readonly env: readonly { readonly name: string; readonly value: string }[];
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  }[];
}

/** What an operator adds to the secret. */
const SECRETS = {
  GARUDUST_WEBHOOK_SECRET: 'the-secret-of-default',
  RUNS_API_KEY: 'the-key-of-default',
  GARUDUST_API_KEY: 'the-key-of-garudust',
  CI_WEBHOOK_SECRET: 'the-secret-of-ci',
  CI_API_KEY: 'the-key-of-ci',
};
const SETTINGS = 'garudust-temporal.yaml';

/** A block of the page, by the file that its first line names. */
function readBlock(file: string): string {
  const page = readFileSync('docs/production.md', 'utf8');
  const [, text] = page.split(`\`\`\`yaml\n# ${file}\n`);
  assert.ok(text, file);
  return text.slice(0, text.indexOf('```'));
}

async function render(t: TestContext, change = (text: string): string => text): Promise<readonly KubernetesObject[]> {
  const folder = temporaryFolder(t);
  cpSync('deploy/kubernetes', join(folder, 'kubernetes'), { recursive: true });
  writeFileSync(join(folder, 'kustomization.yaml'), change(readBlock('kustomization.yaml')));
  writeFileSync(join(folder, SETTINGS), readBlock(SETTINGS));
  const rendered = (await renderKustomization(folder)) ?? [];
  const validate = loadSchema('kubernetes-1.34.json');
  for (const object of rendered) {
    const kind = `kind:${object.apiVersion.replace('/', '.')}.${object.kind}`;
    assert.deepEqual(validate(object, kind), [], `${object.kind} ${object.metadata.name}`);
  }
  return rendered;
}

const find = (all: readonly KubernetesObject[], kind: string, name: string): KubernetesObject => {
  const found = all.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name}`);
  return found;
};
const dataOf = (object: KubernetesObject): Record<string, string> => object['data'] as Record<string, string>;
const podOf = (deployment: KubernetesObject): PodSpec =>
  (deployment['spec'] as { template: { spec: PodSpec } }).template.spec;

/** Whether a policy lets pods with these labels reach `service.namespace:port`. */
function isOpen(all: readonly KubernetesObject[], component: string, namespace: string, port: number): boolean {
  const labels: Readonly<Record<string, string>> = {
    'app.kubernetes.io/name': 'garudust-temporal',
    'app.kubernetes.io/component': component,
  };
  const holds = (selector: Labels, of: Readonly<Record<string, string>>): boolean =>
    Object.entries(selector.matchLabels ?? {}).every(([name, value]) => of[name] === value);
  return all
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((policy) => policy['spec'] as { podSelector: Labels; egress?: readonly EgressRule[] })
    .filter(({ podSelector }) => holds(podSelector, labels))
    .flatMap(({ egress = [] }) => egress)
    .some(
      ({ to = [], ports = [] }) =>
        ports.some((one) => one.port === port) &&
        to.some(
          ({ namespaceSelector: it }) => it !== undefined && holds(it, { 'kubernetes.io/metadata.name': namespace }),
        ),
    );
}

function assertReachable(all: readonly KubernetesObject[]): void {
  const { TEMPORAL_ADDRESS = '', GARUDUST_URL = '' } = dataOf(find(all, 'ConfigMap', 'garudust-temporal'));
  const places = [
    ...['ingress', 'worker', 'setup'].map((component) => [component, `http://${TEMPORAL_ADDRESS}`] as const),
    ['worker', GARUDUST_URL] as const,
  ];
  for (const [component, url] of places) {
    const { hostname, port } = new URL(url);
    const [, namespace = ''] = hostname.split('.');
    assert.ok(isOpen(all, component, namespace, Number(port)), `${component} cannot reach ${url}`);
  }
}

test('as it is, it opens the network to the agent that it names, and mounts settings that load', async (t) => {
  const all = await render(t);
  if (all.length === 0) return t.diagnostic('needs kubectl or kustomize');
  assertReachable(all);
  for (const name of ['ingress', 'worker']) {
    const { containers, volumes } = podOf(find(all, 'Deployment', name));
    const [{ env, volumeMounts }] = containers;
    const configMap = volumes.find((volume) => volume.name === 'settings')?.configMap?.name ?? '';
    const files = dataOf(find(all, 'ConfigMap', configMap));
    assert.match(configMap, /^garudust-temporal-settings-\w+$/);
    const folder = volumeMounts.find((mount) => mount.name === 'settings')?.mountPath;
    const variables = Object.fromEntries(env.map((one) => [one.name, one.value]));
    assert.equal(variables['GARUDUST_TEMPORAL_CONFIG'], `${folder}/${SETTINGS}`);

    const at = join(temporaryFolder(t), SETTINGS);
    writeFileSync(at, files[SETTINGS] ?? '');
    const given = { ...dataOf(find(all, 'ConfigMap', 'garudust-temporal')), ...SECRETS, ...variables };
    const loaded = loadConfig({ mode: 'production', env: { ...given, GARUDUST_TEMPORAL_CONFIG: at }, cwd: '/' });
    assert.deepEqual(loaded.warnings, []);
    assert.deepEqual(
      loaded.config.clients.map(({ id }) => id),
      ['default', 'ci'],
    );
    assert.deepEqual([loaded.config.port, loaded.config.adminPort], [8080, 9090]);
  }
});

test('with every component, certificates stand where Temporal is told, and the autoscaler decides alone', async (t) => {
  const all = await render(t, (text) => text.replaceAll('  # - kubernetes/', '  - kubernetes/'));
  if (all.length === 0) return t.diagnostic('needs kubectl or kustomize');
  for (const name of ['ingress', 'worker']) {
    const { containers, volumes } = podOf(find(all, 'Deployment', name));
    const [{ env, volumeMounts }] = containers;
    const folder = volumeMounts.find((mount) => mount.name === 'temporal-tls')?.mountPath;
    const paths = env.filter((one) => one.name.startsWith('TEMPORAL_TLS_')).map(({ value }) => value);
    assert.deepEqual(paths, [`${folder}/tls.crt`, `${folder}/tls.key`]);
    const { secret } = volumes.find((volume) => volume.name === 'temporal-tls') ?? {};
    assert.equal(secret?.secretName, 'temporal-client-tls');
  }
  const { scaleTargetRef } = find(all, 'HorizontalPodAutoscaler', 'ingress')['spec'] as { scaleTargetRef: object };
  assert.deepEqual(scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: 'ingress' });
  assert.ok(!('replicas' in (find(all, 'Deployment', 'ingress')['spec'] as object)));
  assert.equal((find(all, 'Deployment', 'worker')['spec'] as { replicas: number }).replicas, 2);
});

test('the files without an overlay open the network to the places that they name', async (t) => {
  const all = (await renderKustomization()) ?? [];
  if (all.length === 0) return t.diagnostic('needs kubectl or kustomize');
  assertReachable(all);
});
