import { type PersonsAnswer, waitForInput, type WaitForInputOptions } from './wait-for-input.ts';

/** The answers of an approval. */
export const APPROVAL_CHOICES = ['approve', 'refuse'] as const;
export type ApprovalChoice = (typeof APPROVAL_CHOICES)[number];

export interface ApprovalOptions extends Pick<WaitForInputOptions, 'show' | 'timeout' | 'tell'> {
  /** What is asked. Default: `Approve <id>?` */
  readonly question?: string;
  /** What counts when nobody answers in time. Default: `refuse`. */
  readonly default?: ApprovalChoice;
}

/** What a person decided. */
export interface Approval extends Omit<PersonsAnswer, 'answer'> {
  /** Whether it is approved. */
  readonly ok: boolean;
}

/**
 * Asks a person to approve something, as `waitForInput` asks. Deterministic: for use in workflow code.
 *
 * @param id of the question
 * @throws ApplicationFailure `StepTooLarge` when the question has more than 64 KiB; CancelledFailure when the workflow is canceled
 * @example
 * const { ok, by } = await approval('publish', { show: draft, timeout: '3d' });
 */
export async function approval(
  id: string,
  { question = `Approve ${id}?`, default: otherwise = 'refuse', ...options }: ApprovalOptions = {},
): Promise<Approval> {
  const { answer, ...given } = await waitForInput(question, {
    ...options,
    id,
    choices: APPROVAL_CHOICES,
    ...(options.timeout !== undefined && { default: otherwise }),
  });
  return { ok: answer === 'approve', ...given };
}
