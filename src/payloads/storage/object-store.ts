/** Where large payloads are kept: a folder, or a bucket. */
export interface ObjectStore {
  /** Stores bytes under a key, over what is there. Rejects when the store does not take them. */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Undefined when there is nothing under the key. Rejects when the store does not answer. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}
