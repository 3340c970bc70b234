/**
 * Polls until a condition holds.
 *
 * @throws Error after `timeoutMs`, naming what was waited for
 */
export async function waitFor(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
