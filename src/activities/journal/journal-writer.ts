import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRecord } from '../../values/is-record.ts';

/** The machine, or container, of a worker. */
export interface Machine {
  readonly host: string;
  /** Changes when the kernel boots; the containers of a machine share it. Only Linux has one. */
  readonly bootId?: string;
}

/** Who wrote an entry, and so may report it to Temporal. */
export interface JournalWriter extends Machine {
  /** Namespace and server of Temporal. */
  readonly owner?: string;
}

/** A journal's identity, read from its folder. */
export interface FolderIdentity {
  /** Names the journal: 8 hexadecimal digits. */
  readonly id: string;
  /** Whether the id is new: the folder is empty, was copied, or comes from another machine. */
  readonly isNew: boolean;
  /** Whether the folder is a copy of another, whose worker may still run. */
  readonly isCopy: boolean;
  /**
   * Writes the identity into the folder.
   *
   * @throws the error of the file system, if the id is new
   */
  save(): Promise<void>;
}

export function thisMachine(): Machine {
  const host = hostname();
  try {
    return { host, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
  } catch {
    return { host };
  }
}

/**
 * Whether an entry belongs to another namespace, server or machine. A restarted container has the host name or the boot ID of
 * before. Entries of earlier versions have no writer and are our own.
 */
export function isForeign(writer: JournalWriter | undefined, own: JournalWriter): boolean {
  if (writer === undefined) return false;
  const { owner } = writer;
  if (owner !== undefined && own.owner !== undefined && owner !== own.owner) return true;
  return isElsewhere(writer, own);
}

/** @returns undefined when the value is not one */
export function toWriter(value: unknown): JournalWriter | undefined {
  if (!isRecord(value)) return undefined;
  const { owner, host, bootId } = value;
  if (typeof host !== 'string') return undefined;
  return {
    host,
    ...(typeof owner === 'string' && { owner }),
    ...(typeof bootId === 'string' && { bootId }),
  };
}

/**
 * Reads the file `id` of a folder. It also names the folder's inode, which a copy does not have, and the machine, which the
 * snapshot of a volume leaves.
 */
export async function identifyFolder(folder: string, machine: Machine): Promise<FolderIdentity> {
  const file = join(folder, 'id');
  const inode = String((await stat(folder, { bigint: true })).ino);
  const stored = parseIdentity(await readFile(file, 'utf8').catch(() => ''));
  const isCopy = stored?.inode !== undefined && stored.inode !== inode;
  const isNew =
    stored === undefined || isCopy || (stored.machine !== undefined && isElsewhere(stored.machine, machine));
  const id = isNew ? randomUUID().slice(0, 8) : stored.id;
  return {
    id,
    isNew,
    isCopy,
    async save() {
      const draft = join(folder, `id-${id}`);
      try {
        await writeFile(draft, JSON.stringify({ id, inode, ...machine }), { mode: 0o600 });
        await rename(draft, file);
      } catch (error) {
        await unlink(draft).catch(() => undefined);
        if (isNew) throw error;
      }
    },
  };
}

interface StoredIdentity {
  readonly id: string;
  readonly inode?: string;
  readonly machine?: Machine;
}

const ID = /^[0-9a-f]{8}$/;

function parseIdentity(text: string): StoredIdentity | undefined {
  // As earlier versions wrote it.
  if (ID.test(text)) return { id: text };
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || typeof value['id'] !== 'string' || !ID.test(value['id'])) return undefined;
    const { id, inode } = value;
    const machine = toWriter(value);
    return { id, ...(typeof inode === 'string' && { inode }), ...(machine && { machine }) };
  } catch {
    return undefined;
  }
}

/** Without a boot ID, a new host name may be that of a laptop in another network. */
function isElsewhere(one: Machine, other: Machine): boolean {
  const { bootId } = one;
  return one.host !== other.host && bootId !== undefined && other.bootId !== undefined && bootId !== other.bootId;
}
