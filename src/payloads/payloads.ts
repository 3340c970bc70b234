import type { DataConverter, LoadedDataConverter, PayloadCodec } from '@temporalio/common';
import { EncryptionCodec, type EncryptionKey } from './encryption-codec.ts';

export interface PayloadOptions {
  /** The first one encrypts, all decrypt. Default: nothing is encrypted. */
  readonly keys?: readonly EncryptionKey[];
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
  readonly #codec: PayloadCodec;
  /** A replay has a workflow id of its own. */
  readonly #replayCodec: PayloadCodec;

  constructor({ keys = [] }: PayloadOptions = {}) {
    this.isNeeded = keys.length > 0;
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
    return { ...options, dataConverter: { ...others, payloadCodecs: codecs } };
  }
}
