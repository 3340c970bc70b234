/** Thrown when another worker of this machine uses the journal's folder. */
export class JournalLockedError extends Error {
  override readonly name = 'JournalLockedError';
  readonly folder: string;

  constructor(folder: string) {
    super(`The journal folder ${folder} is used by another worker: stop that one, or give each worker its own folder.`);
    this.folder = folder;
  }
}

/** Thrown when a folder can't hold a journal. A worker can do without: correct all the same, slower after a crash. */
export class JournalFolderError extends Error {
  override readonly name = 'JournalFolderError';
  readonly folder: string;

  constructor(folder: string, why: string, options?: ErrorOptions) {
    super(`The folder ${folder} can't hold the worker's journal: ${why}.`, options);
    this.folder = folder;
  }
}
