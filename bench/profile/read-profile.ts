import { readFileSync } from 'node:fs';

/** What V8 writes with `--cpu-prof` (devtools-protocol, Profiler.Profile). Times are in microseconds of the monotonic clock. */
interface CpuProfile {
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A span of the monotonic clock, in microseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How many microseconds a thread spent in what, while it was not idle. */
export interface Spent {
  readonly total: number;
  /** By who wrote the code that ran. */
  readonly byAuthor: ReadonlyMap<string, number>;
  /** By the nearest caller that is neither Node nor V8: for whom it ran. */
  readonly onBehalfOf: ReadonlyMap<string, number>;
  /** By function and file, each by what ran in it alone. */
  readonly byFunction: ReadonlyMap<string, number>;
}

const IDLE = '(idle)';

/** Parts of Node that belong together, by the first word of their internal name. */
const PARTS: Readonly<Record<string, string>> = {
  _http_agent: 'HTTP',
  _http_client: 'HTTP',
  _http_common: 'HTTP',
  _http_incoming: 'HTTP',
  _http_outgoing: 'HTTP',
  _http_server: 'HTTP',
  http: 'HTTP',
  net: 'sockets and streams',
  stream_base_commons: 'sockets and streams',
  streams: 'sockets and streams',
  fs: 'files',
};

/** Adds the samples of one thread within a span up. */
export function readProfile(file: string, { from, to }: Span): Spent {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const byAuthor = new Map<string, number>();
  const onBehalfOf = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let total = 0;
  let at = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const took = profile.timeDeltas[index] ?? 0;
    at += took;
    const node = nodes.get(id);
    if (at < from || at > to || node === undefined || node.callFrame.functionName === IDLE) continue;
    total += took;
    add(byAuthor, authorOf(node), took);
    add(byFunction, functionOf(node), took);
    add(
      onBehalfOf,
      callerOf(node, (child) => nodes.get(parents.get(child) ?? 0)),
      took,
    );
  }
  return { total, byAuthor, onBehalfOf, byFunction };
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

/** Such as `verify (dist/signatures/verify.js:12)`. */
function functionOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const file = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/(?=dist\/|bench\/)/, '');
  return `${functionName || 'anonymous'}${file === '' ? '' : ` (${file}:${lineNumber + 1})`}`;
}

/** The nearest frame of a file that somebody wrote, or what runs without one. */
function callerOf(node: ProfileNode, parentOf: (id: number) => ProfileNode | undefined): string {
  for (let frame: ProfileNode | undefined = node; frame !== undefined; frame = parentOf(frame.id)) {
    const author = authorOf(frame);
    if (!author.startsWith('Node') && !author.startsWith('V8')) return author;
  }
  return authorOf(node);
}

/** A module of ours, a package, a part of Node, or V8 itself. */
function authorOf({ callFrame: { functionName, url } }: ProfileNode): string {
  const [, , scoped] = /^(.*)\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (scoped !== undefined) return scoped;
  const [, internal] = /^node:(?:internal\/)?(\w+)/.exec(url) ?? [];
  if (internal !== undefined) return `Node: ${PARTS[internal] ?? internal}`;
  if (/workflow-bundle|evalmachine/.test(url)) return 'workflow bundle (ours and the SDK)';
  const [, ours] = /\/(?:dist|src)\/(\w+)/.exec(url) ?? [];
  if (ours !== undefined) return `ours: ${ours}`;
  if (url.includes('/bench/')) return 'the process by hand';
  if (functionName === '(garbage collector)') return 'V8: garbage collection';
  if (functionName === '(program)') return 'V8: native code';
  return url === ''
    ? `V8: ${functionName.startsWith('RegExp') ? 'regular expressions' : functionName || 'anonymous'}`
    : `other: ${url.slice(0, 60)}`;
}
