import { readdirSync, readFileSync } from 'node:fs';

const MS_PER_TICK = 10; // USER_HZ is 100 on every Linux that Node runs on

/** CPU of a process by its threads, in milliseconds so far. */
export interface ThreadUsage {
  /** JavaScript of the process. */
  readonly main: number;
  /** Of Temporal's SDK, in Rust. */
  readonly core: number;
  /** All other threads that live: the workflow thread, V8's and libuv's. The busiest is the workflow thread. */
  readonly others: ReadonlyMap<number, number>;
  /** Of all threads, also of those that have ended. */
  readonly all: number;
}

/** Reads /proc (proc(5)). */
export function threadUsage(pid: number): ThreadUsage {
  let [main, core] = [0, 0];
  const others = new Map<number, number>();
  for (const name of readdirSync(`/proc/${pid}/task`)) {
    const tid = Number(name);
    const [thread, spent] = readStat(`/proc/${pid}/task/${name}/stat`);
    if (tid === pid) main = spent;
    else if (/^tokio|^tempo|^core/.test(thread)) core += spent;
    else others.set(tid, spent);
  }
  return { main, core, others, all: readStat(`/proc/${pid}/stat`)[1] };
}

/** A thread's name, and its CPU in milliseconds; nothing where it has ended meanwhile. */
function readStat(file: string): [name: string, milliseconds: number] {
  try {
    const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
    const [user, system] = rest.split(' ').slice(11, 13).map(Number);
    return [name, ((user ?? 0) + (system ?? 0)) * MS_PER_TICK];
  } catch {
    return ['', 0];
  }
}
