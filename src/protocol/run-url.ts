/** The address of a run: a path, or a whole URL where the operator has said under which one this API is reached. */
export function toRunUrl(runId: string, publicUrl = ''): string {
  return `${publicUrl}/v1/runs/${runId}`;
}
