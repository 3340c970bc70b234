/** Temporal refuses longer keys. */
const MAX_KEY_BYTES = 64;

/**
 * The priority of a client's runs: tasks of clients take turns where they queue, so that a loud one does not hold up a quiet one. The
 * activities of a run inherit it. Servers without `matching.enableFairness` ignore it.
 */
export function fairPriority(client: string): { readonly priority?: { readonly fairnessKey: string } } {
  // UTF-8 needs at most three bytes for a UTF-16 unit.
  return client.length * 3 <= MAX_KEY_BYTES || /^[\x20-\x7e]{1,64}$/.test(client)
    ? { priority: { fairnessKey: client } }
    : {};
}
