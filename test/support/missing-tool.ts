import { appendFileSync } from 'node:fs';

/**
 * Notes that a tool which a test wants is not on this machine, so that the test runner says so at its end. Call it
 * instead of quietly doing without.
 *
 * @param tool such as `chromium`.
 * @param whatIsNotChecked such as `what the Temporal UI shows of a run`.
 */
export function reportMissingTool(tool: string, whatIsNotChecked: string): void {
  const line = `${tool}: ${whatIsNotChecked}`;
  const file = process.env['TEST_MISSING_TOOLS_FILE'];
  if (file === undefined) process.stderr.write(`NOT CHECKED, ${line}\n`);
  else appendFileSync(file, `${line}\n`);
}
