import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { reportMissingTool } from '../support/missing-tool.ts';

const FOLDER = fileURLToPath(new URL('../../deploy/kubernetes', import.meta.url));

/** One object of a manifest. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

/** A manifest file's objects with where they stand. */
export interface Manifest {
  readonly file: string;
  readonly objects: readonly KubernetesObject[];
}

/** Every manifest in `deploy/kubernetes`, as it is written. */
export function readManifests(): readonly Manifest[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => ({ file, objects: readObjects(readFileSync(join(FOLDER, file), 'utf8')) }));
}

/** What the kustomization lists. */
export function readKustomization(): { readonly resources: readonly string[] } {
  return parse(readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')) as { resources: string[] };
}

/**
 * What `kubectl apply --kustomize` would send, put together by kubectl or kustomize itself.
 *
 * @param folder of the kustomization. Default: `deploy/kubernetes`
 * @returns undefined where neither is installed, which is reported
 */
export async function renderKustomization(folder = FOLDER): Promise<readonly KubernetesObject[] | undefined> {
  for (const command of ['kubectl kustomize', 'kustomize build']) {
    const [program = '', ...args] = command.split(' ');
    try {
      const { stdout } = await promisify(execFile)(program, [...args, folder]);
      return readObjects(stdout);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  reportMissingTool('kubectl or kustomize', 'whether deploy/kubernetes/kustomization.yaml can be put together');
  return undefined;
}

function readObjects(text: string): KubernetesObject[] {
  const documents = parseAllDocuments(text);
  // The type of an empty stream is another one.
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as KubernetesObject) : [];
}
