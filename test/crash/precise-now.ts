/** Milliseconds since the epoch with their fractions, comparable between the processes of a machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
