import { type DataConverter, ExternalStorage, type LoadedDataConverter, type PayloadCodec } from '@temporalio/common';
import { EncryptionCodec, type EncryptionKey } from './encryption-codec.ts';
import { createFolderStore } from './storage/folder-store.ts';
import { createS3Store, type S3Place } from './storage/s3-store.ts';
import { createStorageDriver } from './storage/storage-driver.ts';

export interface PayloadOptions {
  /** The first one encrypts, all decrypt. Default: nothing is encrypted. */
  readonly keys?: readonly EncryptionKey[];
  /** Where large payloads are kept instead of in Temporal: a folder, or a bucket. Default: nowhere. */
  readonly storage?: string | S3Place;
  /** From which size on, in bytes. Default: 256 KiB. */
  readonly storeAbove?: number;
}

/** The options that a client, a worker and a replay have in common. */
interface Convertible {
  readonly dataConverter?: DataConverter | LoadedDataConverter;
}

/**
 * How this process writes payloads to Temporal and reads them. Without options it writes them plain, and explains what it cannot
 * read. A plugin for clients and workers of the SDK; on a connection it applies to all that use it.
 *
 * List it last: its codec comes after those of other plugins, some of which replace what they find.
 */
export class Payloads {
  readonly name = 'garudust-temporal-payloads';
  /** Whether something would be lost if another plugin replaced the data converter. */
  readonly isNeeded: boolean;
  /** Whether a payload may be larger than Temporal takes. */
  readonly takesLarge: boolean;
  readonly #codec: PayloadCodec;
  /** A replay has a workflow id of its own. */
  readonly #replayCodec: PayloadCodec;
  readonly #storage: ExternalStorage | undefined;

  /** @throws Error when the package for `s3://` is not installed */
  constructor({ keys = [], storage, storeAbove }: PayloadOptions = {}) {
    this.takesLarge = storage !== undefined;
    this.isNeeded = keys.length > 0 || this.takesLarge;
    if (storage !== undefined) {
      const store = typeof storage === 'string' ? createFolderStore(storage) : createS3Store(storage);
      this.#storage = new ExternalStorage({
        drivers: [createStorageDriver(store)],
        ...(storeAbove !== undefined && { payloadSizeThreshold: storeAbove }),
      });
    }
    this.#codec = new EncryptionCodec({ keys });
    this.#replayCodec = new EncryptionCodec({ keys, checksWorkflow: false });
  }

  configureClient<T extends Convertible>(options: T): T {
    return this.#convert(options, this.#codec);
  }

  configureWorker<T extends Convertible>(options: T): T {
    return this.#convert(options, this.#codec);
  }

  configureReplayWorker<T extends Convertible>(options: T): T {
    return this.#convert(options, this.#replayCodec);
  }

  /** Whether a data converter does what this one configured. */
  isUsedBy({ payloadCodecs = [] }: Pick<DataConverter, 'payloadCodecs'>): boolean {
    return payloadCodecs.includes(this.#codec);
  }

  #convert<T extends Convertible>(options: T, codec: PayloadCodec): T {
    const { payloadCodecs = [], ...others } = options.dataConverter ?? {};
    // A worker, and then its client, may get it from the plugin and from the connection.
    const codecs = payloadCodecs.includes(codec) ? payloadCodecs : [...payloadCodecs, codec];
    const storage = this.#storage && { externalStorage: this.#storage };
    return { ...options, dataConverter: { ...others, payloadCodecs: codecs, ...storage } };
  }
}
