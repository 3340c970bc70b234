import type { Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';

/** A logger that keeps what it is told. */
export class RecordingLogger {
  readonly lines: { level: string; fields: object; message: string }[] = [];

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }
}

/** One attempt of an activity without a server. */
export interface MockAttempt {
  readonly env: MockActivityEnvironment;
  /** Details of every heartbeat, in order. */
  readonly heartbeats: unknown[];
}

const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** An environment of an attempt within an hour's total time, with a heartbeat timeout of 30 s, unless changed. */
export function mockAttempt(info: Partial<Info> = {}): MockAttempt {
  const env = new MockActivityEnvironment(
    {
      activityId: 'agent',
      activityType: 'runAgent',
      workflowExecution: { workflowId: 'run-mock', runId: 'execution-1' },
      heartbeatTimeoutMs: 30_000,
      scheduleToCloseTimeoutMs: 3_600_000,
      startToCloseTimeoutMs: 3_600_000,
      ...info,
    },
    { logger: QUIET },
  );
  const heartbeats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => heartbeats.push(details));
  return { env, heartbeats };
}

/** What an activity failed with; throws when it did not, or with something else. */
export async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error('expected an ApplicationFailure', { cause: error });
  return error;
}
