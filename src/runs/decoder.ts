import type { Client } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';

type DataConverter = Client['options']['loadedDataConverter'];

/** Reads what Temporal stored, with the client's own data converter, so that encrypted payloads are read too. */
export interface Decoder {
  /** The first payload; undefined when there is none. */
  first(payloads: temporal.api.common.v1.IPayloads | null | undefined): Promise<unknown>;
  /** A stored failure as the SDK's error; undefined when there is none. */
  failure(failure: temporal.api.failure.v1.IFailure | null | undefined): Promise<Error | undefined>;
}

/** A decoder on a client's data converter. */
export function createDecoder(converter: DataConverter): Decoder {
  return {
    first: async (payloads) => (await decodeArrayFromPayloads(converter, payloads?.payloads))[0],
    failure: (failure) => decodeOptionalFailureToOptionalError(converter, failure),
  };
}

/** A protobuf timestamp as ISO 8601; undefined when it is absent. */
export function toIso(time: { seconds?: unknown; nanos?: number | null } | null | undefined): string | undefined {
  if (time === null || time === undefined) return undefined;
  const milliseconds = Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
  return milliseconds === 0 ? undefined : new Date(milliseconds).toISOString();
}
