import { BadValue, type Kind } from './kind.ts';
import { folder } from './texts.ts';

/** A bucket and what stands before every key in it. */
export interface Bucket {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
}

/** A folder, or a bucket as `s3://bucket/prefix`. */
export const payloadStorage: Kind<string | Bucket> = {
  accepts: 'folder or `s3://bucket/prefix`',
  read(value) {
    if (typeof value !== 'string' || !/^[a-z\d]+:\/\//i.test(value)) return folder.read(value);
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/([\w./-]*))?$/.exec(value) ?? [];
    if (bucket === undefined) throw new BadValue('is not a bucket: write it as s3://bucket or s3://bucket/prefix');
    return { bucket, prefix: prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/` };
  },
  show: (place) => (typeof place === 'string' ? place : `s3://${place.bucket}/${place.prefix}`),
};
