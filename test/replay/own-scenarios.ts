import type { OwnScenario } from '../support/run-own.ts';

const ASKED = { workflow: 'triage', withCallback: true, approval: { timeoutMs: 60_000 } } as const;

const TOLD = { workflow: 'asks', input: {}, withCallback: true, tellsQuestions: true } as const;

/** Ways through runs of a team's workflows. */
export const OWN_SCENARIOS: Readonly<Record<string, OwnScenario>> = {
  'own-completed': { workflow: 'triage' },
  'own-with-callback': { workflow: 'triage', withCallback: true, callback: [{ retry: 'CallbackFailed' }] },
  'own-delivered-at-once': { workflow: 'triage', withCallback: true, firstTry: 'delivered' },
  'own-first-try-failed': {
    workflow: 'triage',
    withCallback: true,
    firstTry: 'failed',
    callback: [{ retry: 'CallbackFailed' }],
  },
  'own-with-input': { workflow: 'typed', input: { number: '4', due: '2026-01-31' } },
  'own-refused-input': { workflow: 'typed', input: { number: 'x' }, withCallback: true },
  'own-failed-step': { workflow: 'triage', agent: [{ fail: 'TaskRefused' }], withCallback: true },
  'own-error': { workflow: 'bad', input: 'error', withCallback: true },
  'own-output-invalid': { workflow: 'bad', input: 'date' },
  'own-canceled': { workflow: 'triage', agent: ['hang'], canceled: true, withCallback: true },
  'own-dead-letter': { workflow: 'triage', withCallback: true, callback: [{ fail: 'CallbackFailed' }] },
  'own-continued': { workflow: 'counts', input: { to: 2 }, withCallback: true },
  'own-approved': { ...ASKED, answer: { answer: 'approve', by: 'Ann' } },
  'own-approval-timed-out': { ...ASKED, approval: { timeoutMs: 300 } },
  'own-approval-canceled': { ...ASKED, canceled: 'while asking' },
  'own-question-timed-out': { workflow: 'asks', input: { timeout: 300 }, withCallback: true },
  'own-question-canceled': { workflow: 'asks', input: {}, withCallback: true, canceled: 'while asking' },
  'own-question-told': { ...TOLD, answer: { answer: 'eu', by: 'Ann' } },
  'own-question-mailed': { ...TOLD, input: { mailTo: 'ann' }, answer: { answer: 'eu', by: 'Ann' } },
  'own-question-not-mailed': { ...TOLD, input: { mailTo: 'ann' }, agent: [{ fail: 'TaskRefused' }] },
  'own-question-answered-before-its-mail': {
    ...{ ...TOLD, input: { mailTo: 'ann' }, agent: ['hang'] },
    answer: { answer: 'eu', by: 'Ann' },
  },
  'own-approval-refused': { ...ASKED, answer: { answer: 'refuse', by: 'Ann' } },
};
