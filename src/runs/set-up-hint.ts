/** What an operator does about a refusal of a server that was not set up for us; undefined for another refusal. */
export function setUpHint(error: unknown): string | undefined {
  const { details, message } = error as { details?: string; message?: string };
  const text = details || message || '';
  if (/no mapping defined for search attribute|search attribute .* is not defined/i.test(text)) {
    return 'run `garudust-temporal setup`: the server lacks our search attributes';
  }
  if (/namespace .*not found/i.test(text)) {
    return 'check TEMPORAL_NAMESPACE, or run `garudust-temporal setup`, which creates the namespace';
  }
  return undefined;
}
