import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ObjectStore } from './object-store.ts';

/** The package that an operator installs beside this one for `s3://`. */
export const S3_PACKAGE = '@aws-sdk/client-s3';

/** What is used of that package. */
interface S3Sdk {
  readonly S3Client: new (options: object) => {
    send(command: object, options: { readonly abortSignal?: AbortSignal }): Promise<S3Answer>;
  };
  readonly PutObjectCommand: new (input: object) => object;
  readonly GetObjectCommand: new (input: object) => object;
}

interface S3Answer {
  readonly Body?: { transformToByteArray(): Promise<Uint8Array> };
}

export interface S3Place {
  readonly bucket: string;
  /** Before every key: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Folder whose `node_modules` is searched first for the package. Default: the working directory. */
  readonly from?: string;
}

/**
 * A store in a bucket of S3, or of a server that speaks its protocol. Region, endpoint and credentials come from where the AWS SDK
 * looks for them: `AWS_*`, its profile, the role of the machine or pod.
 *
 * @throws Error when the package is not installed
 */
export function createS3Store({ bucket, prefix, from = process.cwd() }: S3Place): ObjectStore {
  const { S3Client, PutObjectCommand, GetObjectCommand } = loadSdk(from);
  const { env } = process;
  // Other servers than Amazon's are seldom reached by a host name for each bucket.
  const forcePathStyle = Boolean(env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL']);
  // Keys are checksums already, and not every server knows those of Amazon.
  const checksums = { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' };
  const client = new S3Client({ forcePathStyle, ...checksums });
  const optionsOf = (signal?: AbortSignal): { abortSignal?: AbortSignal } => (signal ? { abortSignal: signal } : {});
  return {
    async put(key, bytes, signal) {
      const input = { Bucket: bucket, Key: prefix + key, Body: bytes, ContentType: 'application/octet-stream' };
      await client.send(new PutObjectCommand(input), optionsOf(signal));
    },
    async get(key, signal) {
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: prefix + key });
        return await (await client.send(command, optionsOf(signal))).Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
  };
}

function loadSdk(from: string): S3Sdk {
  const places = [join(from, 'package.json'), import.meta.url];
  for (const place of places) {
    try {
      // A CommonJS package, of which Node may not know the names of all exports.
      return createRequire(place)(S3_PACKAGE) as S3Sdk;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error(`${S3_PACKAGE} is not installed: npm install ${S3_PACKAGE}`);
}
