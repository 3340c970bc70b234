/**
 * Reads a header such as `t=1614265330,v1=ab12,v1=cd34`.
 *
 * @returns the values of each key in their order; undefined when an item is not `key=value`
 */
export function parseCompositeHeader(text: string): ReadonlyMap<string, readonly string[]> | undefined {
  const items = new Map<string, string[]>();
  for (const item of text.split(',')) {
    const [, key, value] = /^([^=\s]+)=(\S+)$/.exec(item.trim()) ?? [];
    if (key === undefined || value === undefined) return undefined;
    items.set(key, [...(items.get(key) ?? []), value]);
  }
  return items;
}
