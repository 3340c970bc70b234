/** Writes a table line by line, as it comes to be. */
const WIDTHS = [34, 8, 8];

const cells = (columns: readonly string[]): string =>
  columns
    .map((text, index) => text.padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd();

export const say = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(16)}${text}\n`);

/** How the steps went. */
export class Report {
  passed = 0;
  failed = 0;

  constructor() {
    process.stdout.write(`\n${cells(['step', 'result', 'took', 'what'])}\n`);
  }

  /**
   * Does one step and says how it went.
   *
   * @param work returns what is worth telling
   * @throws what the work throws, after it has been told
   */
  async step(name: string, work: () => Promise<string>): Promise<void> {
    const startedAt = performance.now();
    const took = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
    try {
      const what = await work();
      this.passed += 1;
      process.stdout.write(`${cells([name, 'ok', took(), what])}\n`);
    } catch (error) {
      this.failed += 1;
      process.stdout.write(`${cells([name, 'FAILED', took(), ''])}\n`);
      throw error;
    }
  }
}
