import type { OwnScenario } from '../support/run-own.ts';

const ASKED = { workflow: 'triage', withCallback: true, approval: { timeoutMs: 60_000 } } as const;

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
  'own-approval-refused': { ...ASKED, answer: { answer: 'refuse', by: 'Ann' } },
};
