import type { ReportDeadLetterInput } from '../../contract/activities.ts';
import type { DeliveryAttempt, DeliveryErrorClass } from '../../contract/run.ts';
import type { ReadInput } from '../read-agent-input.ts';
import { isRecord } from '../../values/is-record.ts';

/** What the operator is told of the last try. */
type LastTry = Partial<Pick<DeliveryAttempt, 'errorClass' | 'statusCode' | 'tries'>>;

const ERROR_CLASSES = {
  dns: true,
  refused_by_policy: true,
  connect: true,
  tls: true,
  timeout: true,
  protocol: true,
  status: true,
} as const satisfies Record<DeliveryErrorClass, true>;

/**
 * Reads the input of `reportDeadLetter`. The URL may be anything: it may be what ended the delivery. Of the last try only what
 * is known goes on, so that nothing else gets into the body.
 */
export function readReportInput(
  value: unknown,
): ReadInput<Pick<ReportDeadLetterInput, 'client' | 'runId' | 'url'> & { readonly lastTry?: LastTry }> {
  if (!isRecord(value)) {
    return { ok: false, problem: 'The input is not an object: see ReportDeadLetterInput.' };
  }
  const { client, runId, url, lastTry } = value;
  if (typeof client !== 'string' || client === '') return { ok: false, problem: 'client is missing or empty.' };
  if (typeof runId !== 'string' || runId === '') return { ok: false, problem: 'runId is missing or empty.' };
  if (typeof url !== 'string') return { ok: false, problem: 'url is missing.' };
  return { ok: true, input: { client, runId, url, ...(isRecord(lastTry) && { lastTry: readLastTry(lastTry) }) } };
}

function readLastTry({ errorClass, statusCode, tries }: Record<string, unknown>): LastTry {
  return {
    ...(isErrorClass(errorClass) && { errorClass }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(typeof tries === 'number' && { tries }),
  };
}

function isErrorClass(value: unknown): value is DeliveryErrorClass {
  return typeof value === 'string' && Object.hasOwn(ERROR_CLASSES, value);
}
