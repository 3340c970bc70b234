import { type Journal, openJournal } from '../activities/journal/journal.ts';
import { JournalFolderError, JournalLockedError } from '../activities/journal/lock-folder.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Workers of one machine that find a default journal of their own. */
const DEFAULT_JOURNALS = 16;

/** An unusable folder costs calls of agents after a crash, not correctness: the worker runs without a journal. */
export async function openJournalOf(parts: WorkerParts): Promise<Journal | undefined> {
  const { journalDir, isDefaultJournal, journalOwner, onJournalChange, logger } = parts;
  if (journalDir === undefined) return undefined;
  for (let number = 1; ; number += 1) {
    const folder = number === 1 ? journalDir : `${journalDir}-${number}`;
    try {
      const journal = await openJournal(folder, {
        logger,
        ...(journalOwner !== undefined && { owner: journalOwner }),
        ...(onJournalChange && { onChange: onJournalChange }),
      });
      logger.info({ folder }, 'the journal keeps finished answers until Temporal has them');
      return journal;
    } catch (error) {
      const isLocked = error instanceof JournalLockedError;
      if (isLocked && isDefaultJournal && number < DEFAULT_JOURNALS) continue;
      if (!(error instanceof JournalFolderError) && !(isLocked && isDefaultJournal)) throw error;
      const cost =
        'The worker runs without a journal: when it is killed, or Temporal is away for longer than 8 s, agents are asked again for what they have answered.';
      const fix = 'Set JOURNAL_DIR to a folder that lasts, or to none to accept this.';
      logger.warn({ folder }, `${error.message} ${cost} ${fix}`);
      return undefined;
    }
  }
}
