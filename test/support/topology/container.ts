import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ComposeModel, ComposeService } from '../../deploy/compose-model.ts';

/** The ports of containers on this machine: `temporal:7233` is what the others call it. */
export type PortMap = ReadonlyMap<string, number>;

/** Stands in for the network and the file system of a container. */
export interface ContainerView {
  readonly model: ComposeModel;
  readonly ports: PortMap;
  /** Keeps what a container has in volumes. */
  readonly volumesDir: string;
}

/**
 * What a container of a service would have as its environment, moved to this machine: names of services and their ports
 * to loopback, and paths in volumes to where the volumes are.
 */
export function environmentOf(view: ContainerView, name: string): Record<string, string> {
  const { environment = {} } = serviceOf(view, name);
  return Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [variable, moveHere(view, name, variable, value)]),
  );
}

/** A service of the Compose file. */
export function serviceOf({ model }: ContainerView, name: string): ComposeService {
  const service = model.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

function moveHere(view: ContainerView, name: string, variable: string, value: string): string {
  const { model, ports } = view;
  // The database's user is called as a service is.
  if (variable.endsWith('_USER')) return value;
  if (value in model.services || value === '0.0.0.0') return '127.0.0.1';
  if (/^\d+$/.test(value) && variable.endsWith('PORT')) {
    return String([...ports].find(([place]) => place.endsWith(`:${value}`))?.[1] ?? value);
  }
  const addressed = value.replace(/\b([a-z][\w-]*|0\.0\.0\.0):(\d+)/g, (whole, host: string, port: string) => {
    const mapped = ports.get(`${host === '0.0.0.0' ? name : host}:${port}`);
    return mapped === undefined ? whole : `127.0.0.1:${mapped}`;
  });
  return volumePath(view, name, addressed);
}

/** Where a path inside the container is on this machine; one that is in no volume stays. */
function volumePath(view: ContainerView, name: string, path: string): string {
  const { volumes = [] } = serviceOf(view, name);
  const volume = volumes.find(({ target }) => path === target || path.startsWith(`${target}/`));
  if (volume === undefined) return path;
  const source =
    volume.type === 'bind' ? (volume.source ?? '') : join(view.volumesDir, `${name}-${volumes.indexOf(volume)}`);
  if (volume.type !== 'bind') mkdirSync(source, { recursive: true });
  return source + path.slice(volume.target.length);
}

/** A duration as Compose writes it, in milliseconds. */
export function composeMs(duration: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  return (Number(minutes) * 60 + Number(seconds)) * 1000;
}
