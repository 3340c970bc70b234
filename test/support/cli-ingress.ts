import type { TestContext } from 'node:test';
import type { RunResource } from '../../src/protocol/run-resource.ts';
import { startTestIngress, type TestIngress } from './test-ingress.ts';

/** What a command needs to act as ALPHA. */
export const CLI_KEYS = { GARUDUST_WEBHOOK_SECRET: 'alpha-secret', RUNS_API_KEY: 'alpha-key' };

/** A run as a server of the test's own may answer it. */
export const QUEUED_RUN: RunResource = {
  id: 'run-aaaaaaaaaaaaaaaaaaaaaaaaaa',
  workflow_id: 'run-aaaaaaaaaaaaaaaaaaaaaaaaaa',
  status: 'queued',
  terminal: false,
  callback: { status: 'none' },
  links: { self: '/v1/runs/run-aaaaaaaaaaaaaaaaaaaaaaaaaa' },
};

/** A test ingress, and the environment in which commands reach it as ALPHA. */
export async function startCliIngress(t: TestContext): Promise<{ ingress: TestIngress; env: Record<string, string> }> {
  const ingress = await startTestIngress(t);
  return { ingress, env: { ...CLI_KEYS, GARUDUST_TEMPORAL_URL: ingress.url } };
}
